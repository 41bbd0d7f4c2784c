"""What is bad now and then: every count of bad ticks against patterns of any share, period, phase and spread.

A fault in 30 % of all ticks or more is stopped within eight times the ticks that one in every tick takes, and two
periods of its pattern; a sensor apart from the joint torques within 27 times. One in every tick is stopped as soon as
by a plain count. An outlier, and a fault in 2 % of all ticks in bursts shorter than the count, are never stopped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from controller.safety.free_motion import UNEXPECTED_TICKS
from controller.safety.gate import Gate
from controller.safety.leaky import LEAK, NOISY_LEAK, LeakyCount
from controller.safety.limits import GateLimits
from controller.safety.own_time import SLOW_S, STILL_SHARE, OwnTime
from controller.safety.supervision import BEAT_S, Supervisor, SupervisorLimits, SupervisorView
from controller.types import ArmState, Cause, Command, ContactState, Phase, StopReason
from tests.gate_cases import command, limits, reference, soft_gains, state, terms

DT_S = 1e-3
SHARE, LONGEST = 0.3, 3
"""Share of bad ticks that is always found, and how much longer than the count the longest pattern is: one of more has
bursts that a plain count finds."""
ARM = terms(np.random.default_rng(20261130))
WISH = command(ARM, ARM.bias_nm)
APART, LOST = command(ARM, ARM.bias_nm, trusted=False), command(ARM, ARM.bias_nm, press_n=0.5)
LEFT = command(ARM, ARM.bias_nm, press_n=0.5, contact=ContactState.CONTACT)
FREE, TOUCHED = (
    command(ARM, ARM.bias_nm, press_n=press_n, observer_n=0.0, contact=ContactState.FREE) for press_n in (0.0, 9.0)
)

Judge = Callable[[int, bool], StopReason | None]
"""Takes a tick and whether it is bad."""


@dataclass(frozen=True)
class Count:
    """One count: how a judge of it is made, after how many bad ticks in a row it stops, by what name, and its leak."""

    make: Callable[[], Judge]
    most: int
    cause: Cause
    leak: float = LEAK

    @property
    def longest(self) -> int:
        """Ticks within which a fault in ``SHARE`` of all ticks is found, and two periods of its pattern."""
        return math.ceil(self.most / (SHARE - (1.0 - SHARE) * self.leak))


def _gate(
    bounds: GateLimits,
    senses: Callable[[int, bool], ArmState] = lambda k, _is_bad: state(t_s=DT_S * k),
    good: Command = WISH,
    bad: Command = WISH,
    phase: Phase = Phase.WORK,
) -> Callable[[], Judge]:
    wanted = replace(reference(), phase=phase)

    def make() -> Judge:
        gate = Gate(bounds, DT_S)
        return lambda k, is_bad: gate.judge(bad if is_bad else good, senses(k, is_bad), wanted, DT_S * k).stop

    return make


def _broken(k: int, is_bad: bool) -> ArmState:
    return state(t_s=DT_S * k, wrench_s=(math.nan if is_bad else 0.0,) * 6)


def _late(k: int, is_bad: bool) -> ArmState:
    return state(t_s=DT_S * k, sensor_age_s=1.0 if is_bad else 0.001)


def _repeated() -> Judge:
    gate, force_n = Gate(limits(frozen_ticks=3), DT_S), [0.0]

    def judge(k: int, is_bad: bool) -> StopReason | None:
        force_n[0] += 0.0 if is_bad else 1e-3
        sensed = state(t_s=DT_S * k, wrench_s=(0.0, 0.0, force_n[0], 0.0, 0.0, 0.0), wrench_sequence=k)
        return gate.judge(WISH, sensed, reference(), DT_S * k).stop

    return judge


def _supervised(bad_reads: int, patience_reads: int, *, is_memory: bool) -> Callable[[], Judge]:
    bounds = SupervisorLimits(1.0, 50.0, (2.0,) * 7, (87.0,) * 7, bad_reads, patience_reads, soft_gains())

    def make() -> Judge:
        supervisor, beat = Supervisor(bounds), [0]

        def judge(k: int, is_bad: bool) -> StopReason | None:
            is_intact = not (is_bad and is_memory)
            beat[0] += is_intact
            force_n = 60.0 if is_bad and not is_memory else 0.0
            sensed = state(t_s=BEAT_S * k, wrench_s=(0.0, 0.0, force_n, 0.0, 0.0, 0.0))
            return supervisor.judge(SupervisorView(sensed, beat[0], is_intact, is_host_stopped=False))

        return judge

    return make


def _clock() -> Judge:
    time, reading_s = OwnTime(DT_S, 0.008), [0.0]

    def judge(_k: int, is_bad: bool) -> StopReason | None:
        reading_s[0] += 0.0 if is_bad else DT_S
        return time.step(reading_s[0], has_drives=True)

    return judge


COUNTS = {
    "broken samples": Count(_gate(limits(stale_ticks=2), _broken), 2, Cause.NOT_FINITE),
    "late samples": Count(_gate(limits(stale_ticks=3), _late), 3, Cause.STALE),
    "repeated samples": Count(_repeated, 3, Cause.SENSOR_FROZEN),
    "sensor apart": Count(_gate(limits(implausible_ticks=20), bad=APART), 20, Cause.SENSOR_IMPLAUSIBLE, NOISY_LEAK),
    # one tick more: time begins with the first tick without skin
    "no skin": Count(_gate(limits(contact_lost_s=0.0195), bad=LOST), 21, Cause.CONTACT_LOST),
    "no skin, law flaps": Count(_gate(limits(contact_lost_s=0.0195), good=LEFT, bad=LOST), 21, Cause.CONTACT_LOST),
    "press in free motion": Count(
        _gate(limits(observer_margin_n=1e3), good=FREE, bad=TOUCHED, phase=Phase.TRANSFER),
        UNEXPECTED_TICKS,
        Cause.UNEXPECTED_CONTACT,
    ),
    "patience of the supervisor": Count(_supervised(3, 25, is_memory=False), 25, Cause.TOOL_FORCE),
    "broken reads of the supervisor": Count(_supervised(3, 25, is_memory=True), 3, Cause.MEMORY_CORRUPT),
    "clock that stands still": Count(_clock, math.floor(SLOW_S / (STILL_SHARE * DT_S)) + 1, Cause.CLOCK),
}


def _stops_at(count: Count, pattern: Iterable[bool]) -> int | None:
    """Return the tick of the stop, None for none."""
    judge = count.make()
    for k, is_bad in enumerate(pattern):
        stop = judge(k, is_bad)
        if stop is not None:
            assert stop.cause is count.cause
            return k
    return None


def _pattern(bad: int, period: int, phase: int, ticks: int, *, is_spread: bool) -> list[bool]:
    """Return which ticks are bad: so many of each period, all at once or spread over it."""
    places = {(j * period) // bad for j in range(bad)} if is_spread else set(range(bad))
    return [(k + phase) % period in places for k in range(ticks)]


def _periods(most: int) -> list[int]:
    """Return periods of a tick and more, up to some times what the count takes."""
    return sorted({2, 3, 4, 7, 10, most, 2 * most + 1, LONGEST * most})


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("is_spread", [False, True])
@pytest.mark.parametrize("share", [SHARE, 0.5, 0.8])
def test_what_is_bad_in_a_good_part_of_all_ticks_is_stopped_in_time(name: str, share: float, is_spread: bool) -> None:
    count = COUNTS[name]
    for period in _periods(count.most):
        bad = math.ceil(share * period)
        longest = count.longest + 2 * period
        for phase in {0, bad - 1, bad, period - 1}:
            ticks = _pattern(bad, period, phase, longest, is_spread=is_spread)
            assert _stops_at(count, ticks) is not None, (period, phase)


@pytest.mark.parametrize("name", COUNTS)
def test_what_is_bad_in_every_tick_is_stopped_as_soon_as_by_a_plain_count(name: str) -> None:
    count, calm = COUNTS[name], 5
    at = _stops_at(count, [False] * calm + [True] * (2 * count.most))
    assert at is not None
    assert calm <= at < calm + count.most


@pytest.mark.parametrize("name", COUNTS)
def test_an_outlier_and_bursts_in_two_percent_of_all_ticks_stop_nothing(name: str) -> None:
    count = COUNTS[name]
    assert _stops_at(count, [k == 50 for k in range(100)]) is None
    for bad in {1, (count.most + 1) // 2}:
        for is_spread in (False, True):
            ticks = _pattern(bad, 50 * bad, 25 * bad, max(1000, 150 * bad), is_spread=is_spread)
            assert _stops_at(count, ticks) is None


def test_a_count_grows_leaks_to_nothing_and_is_forgotten() -> None:
    count = LeakyCount()
    assert count.level == 0.0
    assert count.step(is_bad=True) == 1.0
    assert count.step(0.5, is_bad=True) == 1.5
    assert count.step(is_bad=False) == 1.5 - LEAK
    assert count.step(2.0, is_bad=False) == 1.5 - 3.0 * LEAK
    assert count.step(99.0, is_bad=False) == count.level == 0.0
    count.step(is_bad=True)
    count.clear()
    assert count.level == 0.0
    noisy = LeakyCount(NOISY_LEAK)
    assert [noisy.step(is_bad=k == 0) for k in range(4)] == [1.0, 0.625, 0.25, 0.0]


def test_every_sensor_of_any_rate_with_a_sample_that_is_late_now_and_then_is_left_alone() -> None:
    generator = np.random.default_rng(20261130)
    for period in (1, 2, 4, 10):
        count = Count(_gate(limits(stale_ticks=2, sensor_age_s=1e-3 * period + 0.004), _jittered(period, generator)), 2,
                      Cause.STALE)  # fmt: skip
        assert _stops_at(count, [False] * 3000) is None


def _jittered(period: int, generator: np.random.Generator) -> Callable[[int, bool], ArmState]:
    """Return the senses of a sensor with a period in ticks, whose every hundredth sample comes a tick too late."""
    lateness = [5.5 if k % 100 == 99 else float(generator.uniform(0.0, 4.0)) for k in range(3000 // period + 2)]

    def senses(k: int, _is_bad: bool) -> ArmState:
        number = k // period
        age_s = DT_S * (k % period + lateness[number])
        return state(t_s=DT_S * k, sensor_age_s=age_s, wrench_sequence=number, wrench_s=(1e-3 * number, *(0.0,) * 5))

    return senses

"""A force that alternates for long is a stop of its own; what a person does, and what a sensor does once, is not."""

import math
from collections.abc import Callable

import pytest

from controller.safety.gate import Gate
from controller.safety.swing_watch import CORNER_RAD_S, MEMORY_S, SWING_N, SwingWatch
from controller.types import Cause, Clearance, StopReason, Vector
from tests.gate_cases import command, limits, reference, state
from tests.unit.test_gate import ARM

DT_S = 1e-3
LONG_S = 5.0


def _stopped_s(force_n: Callable[[float], Vector], last_s: float = LONG_S, dt_s: float = DT_S) -> float:
    """Return when a force (3,) of time stops the session; infinite where it does not."""
    watch = SwingWatch(dt_s)
    for tick in range(round(last_s / dt_s)):
        t_s = tick * dt_s
        if watch.watch(force_n(t_s), t_s) is not None:
            return t_s
    return math.inf


def _swing(amplitude_n: float, hertz: float, mean_n: float = 20.0) -> Callable[[float], Vector]:
    return lambda t_s: (0.0, 0.0, mean_n + amplitude_n * math.sin(2.0 * math.pi * hertz * t_s))


@pytest.mark.parametrize("hertz", [20.0, 30.0, 60.0, 110.0])
@pytest.mark.parametrize("dt_s", [1e-3, 2e-3])
def test_a_swing_of_ten_newtons_stops_within_two_seconds_and_one_of_five_never(hertz: float, dt_s: float) -> None:
    assert 0.5 < _stopped_s(_swing(10.0, hertz), dt_s=dt_s) < 1.5
    assert _stopped_s(_swing(5.0, hertz), dt_s=dt_s) == math.inf


@pytest.mark.parametrize("axis", range(3))
def test_every_direction_counts(axis: int) -> None:
    along = _swing(10.0, 20.0, 0.0)
    assert _stopped_s(lambda t_s: tuple(along(t_s)[2] if k == axis else 5.0 for k in range(3))) < 1.5


def test_it_trips_at_its_root_mean_square() -> None:
    """Alternating from tick to tick: the low-passes take nothing of it, and the mean square is that of the force."""
    for share, is_stopped in ((0.98, False), (1.02, True)):
        found = _stopped_s(
            lambda t_s, a=share * SWING_N: (a if round(t_s / DT_S) % 2 else -a, 0.0, 0.0), 8.0 * MEMORY_S
        )
        assert (found < math.inf) is is_stopped


@pytest.mark.parametrize(
    "force_n",
    [
        lambda t_s: (0.0, 0.0, 20.0 + 15.0 * math.sin(2.0 * math.pi * 0.3 * t_s)),
        lambda t_s: (0.0, 0.0, 0.0 if t_s < 1.0 else min(40.0, 100.0 * (t_s - 1.0))),
        lambda t_s: (0.0, 0.0, 20.0 if t_s < 1.0 else 0.0),
        lambda t_s: (0.0, 0.0, 45.0 if t_s < 1.0 else -45.0),
        lambda t_s: (
            0.0,
            0.0,
            20.0 + (18.0 * math.sin(math.pi * t_s / 0.12) ** 2 if t_s % 0.3 < 0.12 and t_s < 0.9 else 0.0),
        ),
    ],
)
def test_a_stroke_a_jerk_a_lost_sensor_and_a_cough_are_none(force_n: Callable[[float], Vector]) -> None:
    assert _stopped_s(force_n) == math.inf


def test_force_that_is_no_number_is_left_out_and_leaves_nothing_behind() -> None:
    swing = _swing(10.0, 20.0)
    kept, broken = SwingWatch(DT_S), SwingWatch(DT_S)
    for tick in range(100):
        force = swing(tick * DT_S)
        assert kept.watch(force, 0.0) is None
        assert broken.watch(force, 0.0) is None
        assert broken.watch((0.0, math.nan, 0.0), 0.0) is None
        assert broken.watch((math.inf, 0.0, 0.0), 0.0) is None
    assert broken._square_n2 == kept._square_n2 > 0.0
    broken._square_n2 = math.nan
    assert broken.watch((0.0, 0.0, 20.0), 0.0) is not None


def test_it_begins_anew_where_it_is_told_to() -> None:
    watch, swing, found = SwingWatch(DT_S), _swing(10.0, 20.0), None
    tick = 0
    while found is None:
        found = watch.watch(swing(tick * DT_S), tick * DT_S)
        tick += 1
    watch.clear()
    assert watch.watch((0.0, 0.0, 500.0), 0.0) is None
    assert watch._square_n2 == 0.0


def test_the_filter_is_two_poles_at_its_corner() -> None:
    """Beyond a step of 1 N, (1 + w t) exp(-w t) is left."""
    watch = SwingWatch(1e-5)
    watch.watch((0.0, 0.0, 0.0), 0.0)
    for _ in range(2000):
        watch.watch((1.0, 0.0, 0.0), 0.0)
    left = 1.0 - watch._second[0]
    assert left == pytest.approx((1.0 + CORNER_RAD_S * 0.02) * math.exp(-CORNER_RAD_S * 0.02), abs=1e-3)


def test_the_gate_stops_a_swinging_arm_by_name_and_begins_anew_once_it_is_cleared() -> None:
    gate, swing = Gate(limits(), DT_S), _swing(12.0, 20.0)

    def run(start_s: float) -> StopReason | None:
        for tick in range(3000):
            t_s = start_s + tick * DT_S
            sensed = state(t_s=t_s, wrench_s=(*swing(tick * DT_S), 0.0, 0.0, 0.0), wrench_sequence=tick)
            stop = gate.judge(command(ARM, ARM.bias_nm), sensed, reference(), t_s).stop
            if stop is not None:
                return stop
        return None

    found = run(0.0)
    assert found is not None
    assert (found.cause, found.limit, found.allowed) == (
        Cause.SWING, "alternating force on the wrist sensor, rms", SWING_N,
    )  # fmt: skip
    assert found.value > SWING_N
    gate.clear(Clearance.SERVICE)
    again = run(2.0)
    assert again is not None
    assert again.cause is Cause.SWING
    assert again.t_s == pytest.approx(2.0 * found.t_s + DT_S), "after as many ticks"

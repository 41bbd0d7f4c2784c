"""The energy tank: bounded for any motion, latched, and known to the gate."""

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.safety.gate import Gate
from controller.safety.tank import RETURN_SHARE, Tank, TankLimits
from controller.types import Cause, Clearance, ContactState
from tests.gate_cases import command, limits, reference, state, torque
from tests.unit.test_gate import ARM

SIZE = TankLimits(0.3, 0.05, 3)
DT = 1e-3


@given(st.lists(st.tuples(st.floats(-50.0, 50.0), st.floats(-1.0, 1.0)), max_size=300))
def test_what_goes_in_is_bounded_by_what_the_tank_held(motion: list[tuple[float, float]]) -> None:
    tank, net_j = Tank(SIZE), 0.0
    for active, speed in motion:
        tank.advance(active * speed, DT)
        net_j += active * speed * DT
    refilled = SIZE.refill_w * DT * len(motion)
    largest_step = 50.0 * 1.0 * DT
    assert net_j <= SIZE.capacity_j * (tank.halved + 1) + refilled + largest_step * tank.halved + 1e-9


def test_energy_taken_out_comes_back_in_part_and_never_above_the_capacity() -> None:
    tank = Tank(dataclasses.replace(SIZE, refill_w=0.0))
    tank.advance(5.0, 0.02)
    assert tank.level_j == pytest.approx(0.2)
    tank.advance(-5.0, 0.01)
    assert tank.level_j == pytest.approx(0.2 + RETURN_SHARE * 0.05)
    tank.advance(-5.0, 1.0)
    assert tank.level_j == 0.3


def test_it_refills_slowly_by_itself() -> None:
    tank = Tank(SIZE)
    tank.advance(5.0, 0.02)
    before = tank.level_j
    tank.advance(0.0, 1.0)
    assert tank.level_j == pytest.approx(before + 0.05)


def test_empty_it_halves_latches_and_is_exhausted_in_the_end() -> None:
    tank, shares = Tank(SIZE), []
    for _ in range(4):
        assert not tank.is_exhausted()
        tank.advance(100.0, 0.1)
        shares.append(tank.share)
        assert tank.level_j == SIZE.capacity_j
    assert shares == [0.5, 0.25, 0.125, 0.0625]
    assert tank.is_exhausted()
    tank.clear()
    assert tank.share == 1.0


def test_what_is_not_a_number_empties_it() -> None:
    tank = Tank(SIZE)
    tank.advance(math.nan, DT)
    assert tank.halved == 1
    assert tank.level_j == SIZE.capacity_j


def _pump(
    gate: Gate, ticks: int, contact: ContactState = ContactState.WORK, start_s: float = 0.0
) -> tuple[float, float, Cause | None]:
    """Press 2 N over the target while the tool sinks, tick after tick; return the last limit, share and cause."""
    sinking = dataclasses.replace(ARM, v_wt=(0.0, 0.0, -0.015, 0.0, 0.0, 0.0))
    wish = command(sinking, torque(sinking, (0.0, 0.0, -12.0, 0.0, 0.0, 0.0)), target_n=10.0, contact=contact)
    for tick in range(ticks):
        judgement = gate.judge(wish, state(), reference(), start_s + tick * DT)
        if judgement.stop is not None:
            return judgement.press_limit_n, judgement.gain_share, judgement.stop.cause
    return judgement.press_limit_n, judgement.gain_share, None


def test_the_gate_spends_on_what_is_pressed_beyond_the_target_and_takes_its_room_away() -> None:
    bounds = limits(loading_rate_n_per_s=1e9, tank=TankLimits(0.0015, 0.0, 3))
    assert _pump(Gate(bounds, DT), 49) == (13.0, 1.0, None)
    limit, share, cause = _pump(Gate(bounds, DT), 52)
    assert (limit, share, cause) == (11.5, 0.5, None)
    gate = Gate(bounds, DT)
    assert _pump(gate, 2000)[2] is Cause.ENERGY
    gate.clear(Clearance.SERVICE)
    assert _pump(gate, 10, start_s=2000 * DT) == (13.0, 1.0, None)


def test_in_the_air_nothing_is_spent() -> None:
    bounds = limits(loading_rate_n_per_s=1e9, tank=TankLimits(0.0003, 0.0, 0))
    assert _pump(Gate(bounds, DT), 300, ContactState.APPROACH)[2] is not Cause.ENERGY
    assert _pump(Gate(bounds, DT), 300, ContactState.CONTACT)[2] is Cause.ENERGY

"""When the heir finds the owner of the bus gone or silent, and when there is nothing to inherit."""

import pytest

from controller.processes.drive_loop import Patience
from hardware.heir.vigil import (
    CHANGING_S,
    SILENT_LOOKS,
    SILENT_SHARE,
    UNWATCHED_SILENT_S,
    Finding,
    Silence,
    Vigil,
    VigilBounds,
)
from hardware.owner.bus_word import BusCell, Power

LOOK_S, WATCHDOG_S = 0.002, 0.060
BOUNDS = VigilBounds.of(WATCHDOG_S, is_lock_step=False)


def _first_silent(vigil: Vigil, power: Power, looks: int, look_s: float = LOOK_S, *, is_over: bool = False) -> int:
    """Return at which look of an owner that has fallen silent something is found, -1 for never."""
    for look in range(looks):
        found = vigil.look(look * look_s, BusCell(7, power, 0.0), is_gone=False, is_over=is_over)
        if found is not Finding.FINE:
            assert found is (Finding.DONE if power is Power.OFF else Finding.SILENT)
            return look
    return -1


def test_an_owner_that_sends_is_fine_and_one_that_is_silent_is_found_within_a_third_of_the_watchdog() -> None:
    vigil = Vigil(BOUNDS)
    for beat in range(100):
        assert vigil.look(beat * LOOK_S, BusCell(beat, Power.ON, 0.0), is_gone=False) is Finding.FINE
    look = _first_silent(Vigil(BOUNDS), Power.ON, 100)
    assert look * LOOK_S == pytest.approx(SILENT_SHARE * WATCHDOG_S, abs=2.0 * LOOK_S)


def test_torque_that_comes_or_goes_may_take_longer_and_an_owner_without_torque_may_be_silent() -> None:
    assert _first_silent(Vigil(BOUNDS), Power.CHANGING, 2000) * LOOK_S == pytest.approx(CHANGING_S, abs=2.0 * LOOK_S)
    assert _first_silent(Vigil(BOUNDS), Power.OFF, 5000) == -1
    look = _first_silent(Vigil(BOUNDS), Power.OFF, 2000, is_over=True)
    assert look * LOOK_S == pytest.approx(CHANGING_S, abs=2.0 * LOOK_S)


def test_time_in_which_the_heir_itself_was_held_up_is_no_silence() -> None:
    assert _first_silent(Vigil(BOUNDS), Power.ON, 50, look_s=1.0) == SILENT_LOOKS + 1


@pytest.mark.parametrize(
    ("power", "found"), [(Power.OFF, Finding.DONE), (Power.CHANGING, Finding.GONE), (Power.ON, Finding.GONE)]
)
def test_an_owner_that_has_ended_is_inherited_unless_it_has_taken_the_torque_off(power: Power, found: Finding) -> None:
    vigil = Vigil(BOUNDS)
    assert vigil.look(0.0, BusCell(1, power, 0.0), is_gone=False) is Finding.FINE
    assert vigil.look(0.1, None, is_gone=True) is found, "a word that cannot be read leaves the last one"
    assert vigil.look(0.1, BusCell(2, Power.OFF, 0.0), is_gone=True) is Finding.DONE, "its last word counts"


def test_the_bound_follows_the_watchdog_of_the_servos() -> None:
    assert VigilBounds.of(0.040, is_lock_step=False).cycle.wall_s == pytest.approx(0.040 / 3.0)
    assert VigilBounds.of(0.0, is_lock_step=False).cycle.wall_s == UNWATCHED_SILENT_S


def test_silence_begins_anew_with_every_move_of_the_counter() -> None:
    silence, patience = Silence(), Patience(0.01, 2)
    for step in range(50):
        assert not silence.is_over(step // 3, step * 0.02, patience)
    assert [silence.is_over("same", 1.0 + 0.02 * step, patience) for step in range(5)] == [False] * 3 + [True] * 2

"""On the way to the plan nothing is touched: a force that only the joint torques show is the arm's, and called so."""

import dataclasses
import math

import pytest

from controller.safety.gate import Gate
from controller.types import Cause, ContactState, Phase, StopReason
from tests.gate_cases import command, limits, reference, state
from tests.unit.test_gate import ARM

ON_WAY = {"phase": Phase.TO_PLAN, "contact": ContactState.FREE}


def _stop(
    ticks: list[dict], *, phase: Phase = Phase.TO_PLAN, contact: ContactState = ContactState.FREE, **bounds: object
) -> StopReason | None:
    """Return the stop of ticks on an arm whose observer may be off by 10 N, and whose trip is at 30 N, or None."""
    gate, wanted = Gate(limits(**bounds), 1e-3), dataclasses.replace(reference(), phase=phase)
    for k, values in enumerate(ticks):
        senses = {key: values[key] for key in ("sensor_age_s",) if key in values}
        wish = {key: value for key, value in values.items() if key not in senses}
        asked = command(ARM, ARM.bias_nm, contact=contact, **wish)
        stop = gate.judge(asked, state(t_s=1e-3 * k, **senses), wanted, 1e-3 * k).stop
        if stop is not None:
            return stop
    return None


@pytest.mark.parametrize(
    ("wish", "at", "cause"),
    [
        ({"press_n": 0.0, "observer_n": 40.1}, ON_WAY, Cause.MODEL_MISMATCH),
        ({"press_n": 10.0, "observer_n": 40.1}, ON_WAY, Cause.MODEL_MISMATCH),
        ({"press_n": 0.0, "observer_n": 40.0}, ON_WAY, None),
        # a rejected sensor: the press force in use is that of the joint torques
        ({"press_n": 30.1, "observer_n": 30.1, "trusted": False}, ON_WAY, Cause.MODEL_MISMATCH),
        # both feel it: somebody is touched
        ({"press_n": 30.1, "observer_n": 30.1}, ON_WAY, Cause.PAD_FORCE),
        ({"press_n": 10.1, "observer_n": 40.1}, ON_WAY, Cause.PAD_FORCE),
        ({"press_n": 30.1, "observer_n": 0.0}, ON_WAY, Cause.PAD_FORCE),
        ({"press_n": 0.0, "observer_n": math.nan}, ON_WAY, Cause.PAD_FORCE),
        # a sample that is late says nothing
        ({"press_n": 0.0, "observer_n": 40.1, "sensor_age_s": 0.02}, ON_WAY, Cause.PAD_FORCE),
        *[
            ({"press_n": 0.0, "observer_n": 40.1}, {"phase": phase, "contact": contact}, Cause.PAD_FORCE)
            for phase, contact in (
                (Phase.TO_PLAN, ContactState.CONTACT),
                (Phase.APPROACH, ContactState.FREE),
                (Phase.TRANSFER, ContactState.CONTACT),
                (Phase.WORK, ContactState.WORK),
            )
        ],
    ],
)
def test_a_force_stops_the_way_in_the_same_tick_by_the_name_of_who_feels_it(
    wish: dict, at: dict, cause: Cause | None
) -> None:
    stop = _stop([wish], **at)
    assert (stop.cause if stop else None) is cause
    if cause is Cause.MODEL_MISMATCH:
        assert stop is not None
        assert "something touches the arm" in stop.limit


FEIGNED = {"press_n": 0.0, "observer_n": -11.0}
REJECTED = {"press_n": -11.0, "observer_n": -11.0, "trusted": False}
FALSE_SENSOR = {"press_n": 15.0, "observer_n": 0.0}
REJECTED_RIGHTLY = {"press_n": 0.0, "observer_n": 0.0, "trusted": False}


@pytest.mark.parametrize(
    ("ticks", "cause"),
    [
        ([FEIGNED] * 4, Cause.MODEL_MISMATCH),
        ([FEIGNED, REJECTED, REJECTED, REJECTED], Cause.MODEL_MISMATCH),
        ([{"press_n": 6.0, "observer_n": -5.0}] * 4, Cause.SENSOR_IMPLAUSIBLE),
        ([FALSE_SENSOR] * 4, Cause.SENSOR_IMPLAUSIBLE),
        ([FALSE_SENSOR, REJECTED_RIGHTLY, REJECTED_RIGHTLY, REJECTED_RIGHTLY], Cause.SENSOR_IMPLAUSIBLE),
        ([FEIGNED, FEIGNED, FALSE_SENSOR, FALSE_SENSOR], Cause.SENSOR_IMPLAUSIBLE),
        ([FEIGNED] * 3, None),
    ],
)
def test_senses_that_stay_apart_on_the_way_are_named_by_the_one_that_is_off(
    ticks: list[dict], cause: Cause | None
) -> None:
    stop = _stop(ticks, implausible_ticks=4)
    assert (stop.cause if stop else None) is cause
    at_a_link = Cause.UNEXPECTED_CONTACT if cause is Cause.MODEL_MISMATCH else cause
    for phase in (Phase.TRANSFER, Phase.TO_REST):
        stop = _stop(ticks, implausible_ticks=4, phase=phase)
        assert (stop.cause if stop else None) is at_a_link
        if at_a_link is Cause.UNEXPECTED_CONTACT:
            assert stop is not None
            assert stop.limit.startswith("contact with a link")
    in_approach = _stop(ticks, implausible_ticks=4, phase=Phase.APPROACH)
    assert (in_approach.cause if in_approach else None) is (None if cause is None else Cause.SENSOR_IMPLAUSIBLE)


PRESSED = {"press_n": 0.0, "observer_n": 11.0}
HEAVING = [FEIGNED, PRESSED]


@pytest.mark.parametrize("phase", [Phase.TO_PLAN, Phase.TRANSFER, Phase.TO_REST])
@pytest.mark.parametrize("half", [1, 2, 3])
def test_a_force_at_a_link_pushes_one_way_and_one_that_changes_its_side_is_no_contact(phase: Phase, half: int) -> None:
    swinging = ([FEIGNED] * half + [PRESSED] * half) * 40
    assert _stop(swinging, implausible_ticks=4, phase=phase) is None
    for one_sided in (FEIGNED, PRESSED):
        held = [*swinging, *[one_sided] * 5]
        stop = _stop(held, implausible_ticks=4, phase=phase)
        assert stop is not None
        assert stop.cause in (Cause.UNEXPECTED_CONTACT, Cause.MODEL_MISMATCH)
    # what the sensor shows beside it counts whichever side the joint torques are on
    assert _stop([*HEAVING, FALSE_SENSOR] * 12, implausible_ticks=4, phase=phase) is not None


@pytest.mark.parametrize("phase", [Phase.APPROACH, Phase.WORK])
def test_joint_torques_that_swing_where_the_skin_is_near_stay_apart_from_the_sensor(phase: Phase) -> None:
    stop = _stop(HEAVING * 2, implausible_ticks=4, phase=phase)
    assert stop is not None
    assert stop.cause is Cause.SENSOR_IMPLAUSIBLE


@pytest.mark.parametrize("phase", [Phase.TRANSFER, Phase.TO_REST])
def test_a_great_force_in_free_motion_that_only_joint_torques_show_is_at_a_link(phase: Phase) -> None:
    stop = _stop([{"press_n": 0.0, "observer_n": 40.1}], phase=phase)
    assert stop is not None
    assert stop.cause is Cause.UNEXPECTED_CONTACT
    assert "contact with a link" in stop.limit
    both = _stop([{"press_n": 30.1, "observer_n": 40.1}], phase=phase)
    assert both is not None
    assert both.cause is Cause.PAD_FORCE

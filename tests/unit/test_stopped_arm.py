"""How a stopped arm is led to rest: by what it has learned, and what stops it once more on the way."""

import dataclasses
import math

import numpy as np
import pytest

from controller.safety import projection
from controller.safety.gate import Gate
from controller.safety.outward_pull import LEARNED_N as LARGEST_N
from controller.safety.outward_pull import LIFTED_M
from controller.safety.reaction import PARK_S, stop_reason
from controller.safety.stopped_arm import TOUCHED_TICKS, Led, StoppedArm
from controller.types import Action, Cause, Clearance, Command, Mode, StopReason, ToolTerms
from tests.gate_cases import UP, command, limits, reference, rising, soft_gains, state, torque, wait
from tests.unit.test_gate import ARM

pytestmark = pytest.mark.usefixtures("short_way")

DT_S = 2.0**-7
"""A period whose multiples are not rounded."""
UNLOAD_TICKS, FLOAT_TICKS = 103, 89
"""Periods of unloading an arm that is lifted, and of floating before it is parked."""
TEACHING = soft_gains(unload_damping_ns_per_m=0.0, unload_spring_n_per_m=100.0, drag_ns_per_m=0.0)
"""The pull is what is learned: 0.04 N every period of unloading in which the tool does not move."""
LEARNED_N = 100.0 * 0.05 * DT_S
CALM = command(ARM, ARM.bias_nm, press_n=0.0)


def _stopped(cause: Cause = Cause.OPERATOR, **changes: object) -> StoppedArm:
    stopped = StoppedArm(limits(**changes), DT_S)
    stopped.note_good(ARM, UP)
    stopped.reaction.begin(stop_reason(cause, "-", 1.0, 0.0, "-", 0.0))
    return stopped


def _lead(
    stopped: StoppedArm,
    ticks: int,
    rise_m_s: float = 0.0,
    *,
    wish: Command = CALM,
    is_fresh: bool = True,
    dq_rad_s: tuple[float, ...] | None = None,
) -> Led:
    sensed = state(dq_rad_s=rising(ARM, rise_m_s) if dq_rad_s is None else dq_rad_s)
    for _ in range(ticks):
        led = stopped.lead(wish, sensed, 0.0, is_fresh=is_fresh)
    return led


def _left(cause: Cause = Cause.OPERATOR, **changes: object) -> StoppedArm:
    """Return an arm in the first period of floating, lifted by 40 mm."""
    stopped = _stopped(cause, **changes)
    assert _lead(stopped, UNLOAD_TICKS, 0.05).mode is Mode.UNLOAD
    assert _lead(stopped, 1).mode is Mode.FLOAT
    return stopped


def _parking(**changes: object) -> StoppedArm:
    stopped = _left(**changes)
    assert _lead(stopped, FLOAT_TICKS).mode is Mode.PARK
    return stopped


def _with(learned_n: float, of: ToolTerms = ARM) -> tuple[float, ...]:
    return torque(of, (0.0, 0.0, learned_n, 0.0, 0.0, 0.0))


def _same(found: StopReason | None, what: str, value: float, allowed: float, unit: str) -> None:
    assert found is not None
    assert (found.cause, found.limit, found.unit, found.t_s) == (Cause.WORKSPACE, what, unit, 7.0)
    assert (found.value, found.allowed) == pytest.approx((value, allowed))


def test_an_arm_that_leaves_the_skin_and_parks_in_time_is_not_left_behind() -> None:
    stopped = _stopped()
    for ticks, rise_m_s in ((UNLOAD_TICKS, 0.05), (FLOAT_TICKS + 1, 0.0), (1000, 0.0)):
        for _ in range(ticks):
            assert stopped.left_behind(7.0) is None
            _lead(stopped, 1, rise_m_s)
    assert stopped.reaction.mode is Mode.PARK
    assert StoppedArm(limits(), DT_S).left_behind(7.0) is None, "nor one that was not stopped"


def test_an_arm_that_has_not_left_the_skin_is_not_parked() -> None:
    stopped = _stopped()
    for _ in range(384):
        assert stopped.left_behind(7.0) is None
        assert _lead(stopped, 1, 0.008).mode is Mode.UNLOAD
    assert stopped.left_behind(7.0) is None, "as long as it unloads"
    assert _lead(stopped, 1).mode is Mode.FLOAT
    _same(stopped.left_behind(7.0), "way off the skin before parking", 3.0 * 0.008, LIFTED_M, "m")


def test_an_arm_that_sinks_back_while_it_floats_is_not_parked() -> None:
    stopped = _left()
    assert stopped.left_behind(7.0) is None
    _lead(stopped, 10, -0.2)
    way_m = 0.05 * UNLOAD_TICKS * DT_S - 0.2 * 10 * DT_S
    assert way_m == pytest.approx(LIFTED_M, abs=5e-4)
    _lead(stopped, 1, -0.2)
    _same(stopped.left_behind(7.0), "way off the skin before parking", way_m - 0.2 * DT_S, LIFTED_M, "m")


def test_an_arm_that_parks_may_go_down() -> None:
    stopped = _parking()
    _lead(stopped, 40, -0.2)
    assert stopped.reaction.mode is Mode.PARK
    assert stopped.left_behind(7.0) is None


def test_an_arm_that_has_parked_lower_than_the_skin_is_left_in_peace() -> None:
    stopped = _parking()
    _lead(stopped, 40, -0.2)
    stopped.is_parked = True
    assert _lead(stopped, 1).mode is Mode.RELEASED
    assert stopped.left_behind(7.0) is None


def test_an_arm_whose_parking_takes_too_long_is_stopped() -> None:
    stopped = _parking()
    # The time of floating counts: PARK_S begins with parking.
    _lead(stopped, math.ceil(PARK_S / DT_S) - 1)
    assert stopped.left_behind(7.0) is None
    _lead(stopped, 1)
    floated_s = stopped.reaction.floated_s
    assert 30.7 <= floated_s < 30.7 + DT_S
    _same(stopped.left_behind(7.0), "time of parking", floated_s, PARK_S, "s")


@pytest.mark.parametrize("cause", [Cause.LINK, Cause.ENCODER_JUMP])
def test_an_arm_that_is_not_parked_anyway_is_not_left_behind(cause: Cause) -> None:
    stopped = _stopped(cause)
    _lead(stopped, 400)
    assert stopped.reaction.mode is Mode.FLOAT
    assert stopped.left_behind(7.0) is None


def test_the_gate_stops_an_arm_that_does_not_leave_and_lets_it_retreat_anew() -> None:
    gate = Gate(limits(), 0.05)
    gate.judge(CALM, state(), reference(), 0.0)
    gate.stop(stop_reason(Cause.OPERATOR, "-", 1.0, 0.0, "-", 0.0))
    assert wait(gate, ARM, 3.0, dt_s=0.05).mode is Mode.UNLOAD
    assert wait(gate, ARM, 0.05, start_s=3.0, dt_s=0.05).mode is Mode.FLOAT
    judged = wait(gate, ARM, 0.05, start_s=3.05, dt_s=0.05)
    assert judged.stop is not None
    assert (judged.stop.cause, judged.stop.limit) == (
        Cause.WORKSPACE, "way off the skin before parking, after a stop by operator",
    )  # fmt: skip
    assert judged.stop.t_s == pytest.approx(3.1)
    assert (gate.action, gate.clearance, judged.mode) == (Action.FLOAT, Clearance.OPERATOR_AT_ARM, Mode.UNLOAD)
    assert judged.press_n == pytest.approx(-5.0), "the pull grows anew"
    assert wait(gate, ARM, 3.05, start_s=3.1, dt_s=0.05).mode is Mode.FLOAT
    assert not gate.is_settled
    later = wait(gate, ARM, 0.7, start_s=6.15, dt_s=0.05)
    assert gate.is_settled
    assert later.stop is judged.stop
    assert later.press_n == pytest.approx(-15.0), "it goes on to leave"


def test_the_gate_stops_an_arm_that_does_not_reach_its_park_posture() -> None:
    gate = Gate(limits(), 0.05)
    gate.judge(CALM, state(), reference(), 0.0)
    gate.stop(stop_reason(Cause.OPERATOR, "-", 1.0, 0.0, "-", 0.0))
    wait(gate, ARM, 0.8, rise_m_s=0.05, dt_s=0.05)
    parking = wait(gate, ARM, 30.6, start_s=0.8, dt_s=0.05)
    assert (parking.mode, gate.action) == (Mode.PARK, Action.PARK)
    judged = wait(gate, ARM, 0.3, start_s=31.4, dt_s=0.05)
    assert judged.stop is not None
    assert (judged.stop.cause, judged.stop.limit) == (Cause.WORKSPACE, "time of parking, after a stop by operator")
    assert (gate.action, judged.mode) == (Action.FLOAT, Mode.UNLOAD)


def test_what_leaving_has_taught_holds_the_arm_in_every_later_mode() -> None:
    stopped = _stopped(stop=TEACHING)
    first = _lead(stopped, 1)
    assert first.holding_nm == pytest.approx(_with(LEARNED_N))
    assert first.tau_nm == pytest.approx(_with(LEARNED_N))
    led = _lead(stopped, 50)
    assert led.tau_nm == pytest.approx(_with(51 * LEARNED_N)), "not twice"
    assert led.holding_nm == pytest.approx(_with(51 * LEARNED_N))
    assert led.press_n == pytest.approx(-51 * LEARNED_N)
    stale = _lead(stopped, 1, is_fresh=False)
    assert stale.mode is Mode.FLOAT
    assert stale.tau_nm == pytest.approx(_with(51 * LEARNED_N)), "without pull and drag, but with its weight"
    assert stale.holding_nm == pytest.approx(_with(51 * LEARNED_N))


def _taught_parking() -> tuple[StoppedArm, float]:
    """Return an arm that parks and has learned, and how much [N]."""
    stopped = _stopped(stop=TEACHING, park_force_n=20.0)
    _lead(stopped, 50)
    kept_n = 50 * LEARNED_N
    # Way in which nothing is learned.
    stopped._pull.risen_m = 0.04
    assert _lead(stopped, UNLOAD_TICKS - 50, 0.05).mode is Mode.UNLOAD
    led = _lead(stopped, FLOAT_TICKS, 0.01)
    assert led.mode is Mode.FLOAT
    assert led.tau_nm != pytest.approx(ARM.bias_nm)
    led = _lead(stopped, 1)
    assert led.mode is Mode.PARK
    assert led.holding_nm == pytest.approx(_with(kept_n))
    return stopped, kept_n


def test_parking_is_softened_about_what_really_holds_the_arm() -> None:
    stopped, kept_n = _taught_parking()
    assert _lead(stopped, 1).tau_nm == pytest.approx(_with(kept_n)), "a plan that asks for nothing sinks nowhere"
    wished = command(ARM, torque(ARM, (3.0, 0.0, -8.0, 0.0, 0.0, 0.0)))
    led = _lead(stopped, 1, wish=wished)
    assert led.tau_nm == pytest.approx(torque(ARM, (3.0, 0.0, kept_n - 8.0, 0.0, 0.0, 0.0)))
    assert led.press_n == pytest.approx(8.0 - kept_n)
    hard = _lead(stopped, 1, wish=command(ARM, torque(ARM, (0.0, 0.0, -80.0, 0.0, 0.0, 0.0))))
    assert hard.tau_nm == pytest.approx(torque(ARM, (0.0, 0.0, kept_n - 20.0, 0.0, 0.0, 0.0)))
    assert hard.holding_nm == pytest.approx(_with(kept_n))


def test_a_parked_arm_is_held_with_what_was_learned() -> None:
    stopped, kept_n = _taught_parking()
    stopped.is_parked = True
    led = _lead(stopped, 1)
    assert led.mode is Mode.RELEASED
    assert led.tau_nm == pytest.approx(_with(kept_n))


def test_in_doubt_of_the_positions_the_learned_force_stays_and_does_not_add_up() -> None:
    stopped, kept_n = _taught_parking()
    stopped.reaction.begin(stop_reason(Cause.ENCODER_JUMP, "-", 1.0, 0.0, "-", 0.0))
    elsewhere = command(dataclasses.replace(ARM, bias_nm=(1.0,) * 7), (1.0,) * 7)
    for tick in range(1, 21):
        led = _lead(stopped, 1, wish=elsewhere)
        assert led.mode is Mode.UNLOAD
        assert led.tau_nm == pytest.approx(_with(kept_n + tick * LEARNED_N))
        assert led.holding_nm == pytest.approx(_with(kept_n + tick * LEARNED_N))


def test_without_speeds_the_last_torque_that_held_the_arm_stays_with_what_was_learned() -> None:
    stopped, kept_n = _taught_parking()
    blind = _lead(stopped, 1, dq_rad_s=(math.nan,) * 7)
    assert blind.tau_nm == pytest.approx(_with(kept_n))
    assert (blind.holding_nm, blind.press_n) == ((), 0.0)
    stopped.clear()
    stopped.reaction.begin(stop_reason(Cause.OPERATOR, "-", 1.0, 0.0, "-", 0.0))
    again = _lead(stopped, 1, dq_rad_s=(math.nan,) * 7)
    assert again.tau_nm == pytest.approx(_with(kept_n)), "nor does a clear drop the arm"


def test_a_cleared_arm_has_forgotten_what_leaving_has_taught() -> None:
    stopped, _ = _taught_parking()
    stopped.is_parked = True
    stopped.clear()
    assert not stopped.is_parked
    assert stopped.reaction.stop is None
    stopped.reaction.begin(stop_reason(Cause.OPERATOR, "-", 1.0, 0.0, "-", 0.0))
    assert _lead(stopped, 1).tau_nm == pytest.approx(_with(LEARNED_N))
    assert stopped._pull.risen_m == 0.0
    _lead(stopped, 383)
    assert stopped.reaction.mode is Mode.UNLOAD


def test_the_learned_force_acts_along_the_planned_normal() -> None:
    tilted = (0.6, 0.0, 0.8)
    stopped = StoppedArm(limits(stop=TEACHING), DT_S)
    stopped.note_good(ARM, tilted)
    stopped.reaction.begin(stop_reason(Cause.OPERATOR, "-", 1.0, 0.0, "-", 0.0))
    _lead(stopped, 50)
    led = _lead(stopped, 1, is_fresh=False)
    expected = np.array((*tilted, 0.0, 0.0, 0.0)) * 50 * LEARNED_N
    assert projection.tool_wrench(led.holding_nm, ARM) == pytest.approx(tuple(expected), abs=1e-9)


def test_unloading_lasts_until_the_tool_is_lifted() -> None:
    stopped = _stopped()
    assert _lead(stopped, UNLOAD_TICKS + 100).mode is Mode.UNLOAD
    assert _lead(stopped, 63, 0.05).mode is Mode.UNLOAD
    assert _lead(stopped, 1).mode is Mode.UNLOAD, "24.6 mm"
    assert _lead(stopped, 1, 0.06).mode is Mode.UNLOAD
    assert _lead(stopped, 1).mode is Mode.FLOAT


def test_in_doubt_of_the_positions_unloading_waits_for_no_way() -> None:
    stopped = _stopped(Cause.ENCODER_JUMP)
    assert _lead(stopped, UNLOAD_TICKS).mode is Mode.UNLOAD
    assert _lead(stopped, 1).mode is Mode.FLOAT
    assert stopped.reaction.is_settled


def test_an_escalation_begins_anew_with_its_own_time_and_its_own_reason() -> None:
    stopped = _left()
    _lead(stopped, 20)
    stopped.reaction.begin(stop_reason(Cause.TOOL_SPEED, "second", 1.0, 0.0, "-", 3.0))
    led = _lead(stopped, 1)
    assert led.mode is Mode.UNLOAD
    assert led.press_n == pytest.approx(-15.0 * DT_S / 0.15), "the pull grows anew"
    assert stopped.reaction.stop is not None
    assert stopped.reaction.stop.limit == "second, after a stop by operator"
    assert _lead(stopped, UNLOAD_TICKS - 1).mode is Mode.UNLOAD
    assert _lead(stopped, 1).mode is Mode.FLOAT
    assert _lead(stopped, FLOAT_TICKS + 100).mode is Mode.FLOAT


def test_an_arm_that_is_parked_floats_gently_and_another_one_retreats_first() -> None:
    assert _lead(_left(), 1).press_n == pytest.approx(-3.0)
    assert _lead(_left(Cause.LINK), 1).press_n == pytest.approx(-15.0)
    away = _left(Cause.LINK)
    _lead(away, 150, 0.1)
    assert _lead(away, 1).press_n == pytest.approx(0.0, abs=1e-9)


def test_the_pull_of_parking_that_runs_off_grows_from_its_first_period_on() -> None:
    stopped = _parking()
    led = _lead(stopped, 1, wish=command(ARM, (math.nan,) * 7))
    assert stopped.reaction.action is Action.FLOAT
    assert led.mode is Mode.UNLOAD
    assert -led.press_n <= 15.0 * DT_S / 0.15 + 1e-9


def test_the_way_of_parking_counts_for_the_retreat() -> None:
    stopped = _parking()
    _lead(stopped, 150, 0.1)
    assert stopped.reaction.mode is Mode.PARK
    stopped.reaction.begin(stop_reason(Cause.LINK, "-", 1.0, 0.0, "-", 0.0))
    _lead(stopped, 60)
    assert stopped.reaction.mode is Mode.UNLOAD
    assert _lead(stopped, 1).press_n == pytest.approx(0.0, abs=1e-9), "it is away already"


def test_a_jacobian_of_numbers_that_no_arm_has_never_turns_what_was_learned_into_full_torque() -> None:
    stopped = _stopped(stop=TEACHING)
    _lead(stopped, 100)
    rows = [list(row) for row in ARM.jacobian]
    rows[2][0] = 1e308
    led = _lead(stopped, 1, wish=command(dataclasses.replace(ARM, jacobian=rows), ARM.bias_nm))
    assert led.tau_nm == pytest.approx(_with(99 * LEARNED_N))


def test_a_tool_that_something_holds_from_above_teaches_nothing() -> None:
    for press_n, trusted, is_taught in ((-8.1, True, False), (-8.0, True, True), (-8.1, False, True)):
        stopped = _stopped(stop=TEACHING)
        wish = command(ARM, ARM.bias_nm, press_n=press_n, trusted=trusted)
        led = _lead(stopped, 20, wish=wish)
        assert led.tau_nm == pytest.approx(_with(20 * LEARNED_N if is_taught else 0.0))


def test_what_is_learned_is_no_part_of_what_a_stop_may_add() -> None:
    stopped = _stopped(
        stop=dataclasses.replace(TEACHING, unload_spring_n_per_m=1e6, most_force_n=5.0), torque_nm=(1e3,) * 7
    )
    led = _lead(stopped, 60)
    assert led.press_n == pytest.approx(-LARGEST_N), "no more than may be learned"
    assert led.holding_nm == pytest.approx(_with(LARGEST_N))


@pytest.mark.parametrize(
    ("cause", "press_n", "is_trusted", "is_counted_anew"),
    [
        (Cause.OPERATOR, 3.1, True, True),
        (Cause.OPERATOR, 3.0, True, False),
        (Cause.OPERATOR, -9.0, True, False),
        (Cause.OPERATOR, math.nan, True, False),
        (Cause.OPERATOR, 9.0, False, False),
        (Cause.SUPERVISOR_LOST, 3.1, True, True),
        (Cause.SENSOR_IMPLAUSIBLE, 9.0, True, False),
        (Cause.STALE, 9.0, True, False),
    ],
)
def test_an_arm_that_the_person_follows_is_not_away(
    cause: Cause, press_n: float, is_trusted: bool, is_counted_anew: bool
) -> None:
    """The person rises with the tool: the way is counted from where the pad was touched last."""
    touched = command(ARM, ARM.bias_nm, press_n=press_n, trusted=is_trusted)
    stopped = _stopped(cause)
    led = _lead(stopped, UNLOAD_TICKS + 1, 0.05, wish=touched)
    assert led.mode is (Mode.UNLOAD if is_counted_anew else Mode.FLOAT)
    led = _lead(stopped, UNLOAD_TICKS, 0.05)
    assert led.mode is not Mode.UNLOAD, "let go, it leaves"


@pytest.mark.parametrize(("ticks", "is_counted_anew"), [(TOUCHED_TICKS, True), (TOUCHED_TICKS - 1, False)])
def test_an_outlier_of_the_sensor_is_no_touch(ticks: int, is_counted_anew: bool) -> None:
    stopped = _stopped()
    _lead(stopped, UNLOAD_TICKS, 0.05)
    led = _lead(stopped, ticks, wish=command(ARM, ARM.bias_nm, press_n=9.0))
    assert led.mode is Mode.FLOAT
    _lead(stopped, FLOAT_TICKS - ticks)
    assert (stopped.left_behind(0.0) is not None) is is_counted_anew

"""A joint whose encoder gives no number: known where its brake holds it, blind where nothing does."""

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.own_model import OwnModel
from controller.safety.gate import Gate, Judgement
from controller.safety.lost_joints import LostJoints, lost_in_words, lost_joints
from controller.safety.reaction import FLOAT_S, UNLOAD_S, stop_reason
from controller.safety.supervision import BEAT_S, Supervisor, SupervisorLimits, SupervisorView
from controller.stops import Stops
from controller.types import Action, ArmState, Cause, Clearance, JointFault, Mode, StopReason, Vector
from tests.gate_cases import command, gate_with, limits, reference, soft_gains, state
from tests.unit.test_gate import ARM
from trajectories.anatomy.body import load_body
from trajectories.anatomy.skin import Skin
from trajectories.planner import default_placement
from urdf.arms import load_arm

NAN = math.nan
JOINTS = 7
Q = tuple(0.1 + 0.01 * joint for joint in range(JOINTS))
DQ = tuple(0.02 * (joint - 3) for joint in range(JOINTS))
EACH = range(JOINTS)


def _put(values: Vector, joint: int, value: float) -> Vector:
    return (*values[:joint], value, *values[joint + 1 :])


def _held(*joints: int) -> tuple[int, ...]:
    return tuple(JointFault.ENCODER.value * (joint in joints) for joint in EACH)


def _sensed(t_s: float = 0.0, **changes: object) -> ArmState:
    return state(t_s=t_s, **{"q_rad": Q, "dq_rad_s": DQ, "joint_fault": _held(), **changes})


def _lost(joint: int, t_s: float = 0.0, *, is_held: bool, senses: str = "both", q_rad: Vector = Q) -> ArmState:
    """Return a state in which a joint gives no position, no speed, or neither."""
    return _sensed(
        t_s,
        q_rad=q_rad if senses == "speed" else _put(q_rad, joint, NAN),
        dq_rad_s=DQ if senses == "position" else _put(DQ, joint, NAN),
        joint_fault=_held(joint) if is_held else _held(),
    )


def _seen() -> LostJoints:
    joints = LostJoints(JOINTS)
    joints.believed(_sensed())
    return joints


def _is_same(one: ArmState, other: ArmState) -> bool:
    return repr(one) == repr(other)


def test_healthy_senses_pass_as_they_are() -> None:
    joints = LostJoints(JOINTS)
    healthy = _sensed()
    assert joints.believed(healthy) is healthy
    assert joints.are_known
    assert not joints.is_new
    assert joints.found(1.0) is None


@pytest.mark.parametrize("senses", ["both", "position", "speed"])
@pytest.mark.parametrize("joint", EACH)
def test_a_joint_behind_its_brake_stands_where_it_was_last_seen(joint: int, senses: str) -> None:
    joints = _seen()
    blind = _lost(joint, is_held=False, senses=senses)
    assert _is_same(joints.believed(blind), blind), "nothing is known before the brake closes"
    assert not joints.are_known
    assert not joints.is_new
    moved = tuple(q + 0.01 for q in Q)
    found = joints.believed(_lost(joint, is_held=True, senses=senses, q_rad=moved))
    assert (found.q_rad, found.dq_rad_s) == (_put(moved, joint, Q[joint]), _put(DQ, joint, 0.0))
    assert joints.are_known
    assert joints.is_new
    stop = joints.found(3.0)
    assert stop is not None
    words = f"position and speed of joint {joint + 1}, held by the brake"
    assert (stop.cause, stop.limit, stop.t_s, stop.unit) == (Cause.JOINTS_NOT_FINITE, words, 3.0, "-")
    assert math.isnan(stop.value)
    assert stop.allowed == 0.0
    joints.believed(_lost(joint, is_held=True, senses=senses))
    assert not joints.is_new
    assert joints.found(4.0) is None


def test_numbers_that_come_back_are_not_believed_until_the_stop_is_cleared() -> None:
    joints = _seen()
    joints.believed(_lost(2, is_held=True))
    back = _sensed(q_rad=_put(Q, 2, 1.0), dq_rad_s=_put(DQ, 2, 5.0), joint_fault=_held(2))
    found = joints.believed(back)
    assert (found.q_rad[2], found.dq_rad_s[2]) == (Q[2], 0.0)
    joints.clear()
    assert joints.are_known
    assert joints.believed(back) is back
    assert not joints.is_new


def test_an_encoder_that_comes_and_goes_is_taken_for_lost_in_the_tick_in_which_it_is_back() -> None:
    joints = _seen()
    joints.believed(_lost(2, is_held=False))
    found = joints.believed(_sensed(q_rad=_put(Q, 2, 1.0), joint_fault=_held(2)))
    assert (found.q_rad[2], joints.is_new, joints.are_known) == (Q[2], True, True)


def test_a_joint_whose_brake_is_not_said_to_close_is_unknown_also_once_numbers_come_back() -> None:
    joints = _seen()
    joints.believed(_lost(2, is_held=False))
    back = joints.believed(_sensed())
    assert (back.q_rad, back.dq_rad_s) == (Q, DQ)
    assert not joints.are_known


@pytest.mark.parametrize("fault", [fault.value for fault in JointFault if fault is not JointFault.ENCODER])
def test_no_other_fault_of_a_drive_says_that_its_joint_stands(fault: int) -> None:
    joints = _seen()
    blind = dataclasses.replace(_lost(2, is_held=False), joint_fault=(0, 0, fault, 0, 0, 0, 0))
    assert math.isnan(joints.believed(blind).q_rad[2])
    both = dataclasses.replace(blind, joint_fault=(0, 0, fault | JointFault.ENCODER, 0, 0, 0, 0))
    assert joints.believed(both).q_rad[2] == Q[2]


def test_a_joint_that_was_never_seen_is_not_known_behind_its_brake() -> None:
    joints = LostJoints(JOINTS)
    assert math.isnan(joints.believed(_lost(2, is_held=True)).q_rad[2])
    assert not joints.are_known
    again = _seen()
    again.believed(_lost(2, is_held=True))
    again.clear()
    assert math.isnan(again.believed(_lost(2, is_held=True)).q_rad[2]), "somebody may have moved it since"
    other = _seen()
    other.believed(_lost(2, is_held=True))
    other.clear()
    assert other.believed(_lost(3, is_held=True)).q_rad[3] == Q[3]


def test_a_second_joint_is_known_once_its_own_brake_holds_it() -> None:
    joints = _seen()
    joints.believed(_lost(2, is_held=True))
    two = dict(q_rad=_put(_put(Q, 2, NAN), 4, NAN), dq_rad_s=_put(_put(DQ, 2, NAN), 4, NAN))
    assert not math.isfinite(sum(joints.believed(_sensed(**two, joint_fault=_held(2))).q_rad))
    assert not joints.are_known
    found = joints.believed(_sensed(**two, joint_fault=_held(2, 4)))
    assert (found.q_rad, found.dq_rad_s) == (Q, _put(_put(DQ, 2, 0.0), 4, 0.0))
    assert joints.are_known
    stop = joints.found(1.0)
    assert stop is not None
    assert stop.limit == "positions and speeds of joints 3, 5, held by the brake"


def test_senses_of_another_size_and_numbers_that_no_arm_has() -> None:
    joints = _seen()
    short = _sensed(q_rad=Q[:6])
    assert joints.believed(short) is short
    assert joints.believed(dataclasses.replace(short, q_rad=Q, dq_rad_s=DQ[:6])).q_rad == Q
    huge = _sensed(q_rad=(1e308,) * JOINTS)
    assert joints.believed(huge).q_rad == huge.q_rad
    assert not joints.are_known, "finite one by one, but no posture"


def test_what_is_lost_in_words() -> None:
    assert lost_joints(Q, DQ) == frozenset()
    assert lost_joints(_put(Q, 1, math.inf), _put(DQ, 4, NAN)) == {1, 4}
    assert lost_in_words(_lost(6, is_held=False)) == "position and speed of joint 7"
    assert lost_in_words(_sensed(q_rad=_put(Q, 0, NAN), dq_rad_s=_put(DQ, 3, NAN))).endswith("speeds of joints 1, 4")
    assert lost_in_words(_sensed(q_rad=(NAN,) * JOINTS)) == "joint positions and speeds"
    assert lost_in_words(_sensed()) == "joint positions and speeds"


@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from(["q", "dq"]), st.booleans()), max_size=30))
def test_what_is_said_to_be_known_is_a_number_and_what_was_never_lost_is_as_measured(
    ticks: list[tuple[int, str, bool]],
) -> None:
    joints, lost, held = _seen(), set(), set()
    for joint, sense, is_held in ticks:
        lost.add(joint)
        held |= {joint} if is_held else set()
        q_rad = _put(Q, joint, NAN) if sense == "q" else Q
        dq_rad_s = _put(DQ, joint, NAN) if sense == "dq" else DQ
        found = joints.believed(_sensed(q_rad=q_rad, dq_rad_s=dq_rad_s, joint_fault=_held(*held)))
        assert joints.are_known == (lost <= held)
        assert not joints.are_known or math.isfinite(sum(found.q_rad) + sum(found.dq_rad_s))
        assert all(found.q_rad[j] == Q[j] and found.dq_rad_s[j] == DQ[j] for j in EACH if j not in lost)
        assert all(found.q_rad[j] == Q[j] and found.dq_rad_s[j] == 0.0 for j in lost & held)


def _judge(gate: Gate, sensed: ArmState) -> Judgement:
    """Return what a gate says of a calm command in these senses."""
    return gate.judge(command(ARM, ARM.bias_nm, press_n=0.0), sensed, reference(), sensed.t_s)


def _real(arm_name: str) -> tuple[Gate, Vector]:
    """Return the gate of a real arm with its own model, and a posture of it."""
    body = load_body("median_f")
    arm = load_arm(arm_name)
    model = OwnModel(arm, default_placement(body, Skin.from_body(body)))
    return gate_with(model, arm.torque_limit_nm), arm.home_rad


@pytest.mark.parametrize("joint", EACH)
@pytest.mark.parametrize("arm_name", ["servo7", "panda"])
def test_an_arm_with_a_joint_behind_its_brake_is_led_like_one_that_knows_where_it_is(arm_name: str, joint: int) -> None:
    """The same torques, tick by tick, as after another stop of an arm whose joint stands by itself."""
    (broken, q_rad), (sound, _) = _real(arm_name), _real(arm_name)
    n = len(q_rad)
    still = dict(q_rad=q_rad, dq_rad_s=(0.0,) * n)
    for gate in (broken, sound):
        _judge(gate, state(n, 0.0, **still))
    nan = dict(q_rad=_put(q_rad, joint, NAN), dq_rad_s=_put((0.0,) * n, joint, NAN))
    held = dict(joint_fault=tuple(JointFault.ENCODER.value * (k == joint) for k in range(n)))
    sound.stop(stop_reason(Cause.LINK, "-", 1.0, 0.0, "-", 0.0))
    first = _judge(broken, state(n, 1e-3, **nan))
    assert first.stop is not None
    assert (first.stop.cause, first.stop.limit) == (
        Cause.JOINTS_NOT_FINITE,
        f"position and speed of joint {joint + 1}",
    )
    _judge(sound, state(n, 1e-3, **still))
    for tick in range(2, round(1e3 * (UNLOAD_S + 0.1))):
        told = _judge(broken, state(n, 1e-3 * tick, **nan, **held))
        known = _judge(sound, state(n, 1e-3 * tick, **still))
        assert told.mode is known.mode is Mode.UNLOAD
        # One tick without terms is one tick less of the pull's memory.
        assert told.command.tau_nm == pytest.approx(known.command.tau_nm, abs=0.05)
        assert told.command.holding_nm == pytest.approx(known.command.holding_nm, abs=0.05)
    assert not broken.is_blind


def _gate() -> Gate:
    gate = Gate(limits(), 1e-3)
    _judge(gate, _sensed())
    return gate


def test_a_gate_that_knows_where_the_arm_is_unloads_until_it_is_clear_and_then_floats() -> None:
    gate = _gate()
    _judge(gate, _lost(3, 1e-3, is_held=False))
    assert (gate.action, gate.clearance, gate.is_blind) == (Action.HOLD_TORQUE, Clearance.SERVICE, True)
    for tick in range(2, round(1e3 * (UNLOAD_S + FLOAT_S + 0.2))):
        _judge(gate, _lost(3, 1e-3 * tick, is_held=True))
        assert not gate.is_blind
        assert gate.mode is Mode.UNLOAD, "the tool has not risen"
        assert not gate.is_settled
    stop = gate.stop_reason
    assert stop is not None
    assert (stop.cause, stop.t_s) == (Cause.JOINTS_NOT_FINITE, 1e-3), "no jump, no wrong speed after it"


def test_a_gate_that_does_not_know_is_settled_once_it_has_unloaded() -> None:
    gate = _gate()
    ticks = round(1e3 * UNLOAD_S) + 3
    for tick in range(1, ticks):
        _judge(gate, _lost(3, 1e-3 * tick, is_held=False))
    assert gate.is_blind
    assert gate.is_settled
    assert not Stops(gate).is_waiting(_lost(3, 1e-3 * ticks, is_held=False), Clearance.SERVICE)
    _judge(gate, _lost(3, 1e-3 * ticks, is_held=True))
    assert not gate.is_blind
    assert not gate.is_settled
    assert Stops(gate).is_waiting(_lost(3, 1e-3 * ticks, is_held=True), Clearance.SERVICE)


def test_a_joint_that_has_jumped_is_in_doubt_whatever_brake_holds_another_one() -> None:
    gate = _gate()
    _judge(gate, _sensed(1e-3, q_rad=_put(Q, 5, 0.5)))
    assert gate.stop_reason is not None
    assert gate.stop_reason.cause is Cause.ENCODER_JUMP
    for tick in (2, 3, 4):
        _judge(gate, _lost(3, 1e-3 * tick, is_held=True, q_rad=_put(Q, 5, 0.5)))
        assert gate.is_blind
    gate.clear(Clearance.SERVICE)
    _judge(gate, _sensed(5e-3))
    _judge(gate, _lost(3, 6e-3, is_held=False))
    _judge(gate, _lost(3, 7e-3, is_held=True))
    assert not gate.is_blind, "the jump is forgotten"


@pytest.mark.parametrize("cause", [Cause.OPERATOR, Cause.WORKSPACE])
def test_a_stopped_arm_whose_joint_is_lost_then_begins_anew_and_names_it(cause: Cause) -> None:
    gate = _gate()
    gate.stop(stop_reason(cause, "-", 1.0, 0.0, "-", 0.0))
    _judge(gate, _sensed(1e-3))
    before = gate.action
    _judge(gate, _lost(3, 2e-3, is_held=False))
    assert gate.action is before
    _judge(gate, _lost(3, 3e-3, is_held=True))
    assert (gate.action, gate.clearance, gate.mode) == (Action.HOLD_TORQUE, Clearance.SERVICE, Mode.UNLOAD)
    stop = gate.stop_reason
    assert stop is not None
    assert stop.limit == f"position and speed of joint 4, held by the brake, after a stop by {cause}"
    assert not gate.is_blind


def test_a_drive_side_that_tells_of_fault_and_loss_at_once_stops_by_the_fault() -> None:
    gate = Gate(limits(fitted=dataclasses.replace(limits().fitted, has_faults=True)), 1e-3)
    _judge(gate, _sensed())
    stop = _judge(gate, _lost(3, 1e-3, is_held=True)).stop
    assert stop is not None
    assert (stop.cause, stop.limit) == (Cause.DRIVE_FAULT, "fault flags of joint 4")
    assert not gate.is_blind


BOUNDS = SupervisorLimits(0.005, 50.0, (3.0,) * JOINTS, (87.0,) * JOINTS, 3, 10, soft_gains())


def _watched(supervisor: Supervisor, reads: int, *, is_held: bool, is_host_stopped: bool) -> StopReason | None:
    for beat in range(reads):
        sensed = supervisor.believed(_lost(3, beat * BEAT_S, is_held=is_held))
        supervisor.judge(SupervisorView(sensed, beat, True, is_host_stopped))
    return supervisor.stop


def test_the_supervisor_leaves_a_host_that_leads_the_other_joints_alone() -> None:
    supervisor = Supervisor(BOUNDS)
    supervisor.believed(_sensed())
    assert _watched(supervisor, 100, is_held=True, is_host_stopped=True) is None
    stop = _watched(supervisor, 100, is_held=True, is_host_stopped=False)
    assert stop is not None
    assert (stop.cause, stop.limit) == (Cause.DRIVE_FAULT, "fault flags of joint 4, own read")


def test_the_supervisor_takes_the_drives_where_nothing_is_known_of_a_joint_and_forgets_it_once_cleared() -> None:
    supervisor = Supervisor(BOUNDS)
    supervisor.believed(_sensed())
    stop = _watched(supervisor, 20, is_held=False, is_host_stopped=True)
    assert stop is not None
    assert stop.cause is Cause.NOT_FINITE
    supervisor.clear()
    assert math.isnan(supervisor.believed(_lost(3, is_held=True)).q_rad[3])


def test_a_supervisor_that_leads_by_a_joint_behind_its_brake_unloads_and_floats_and_does_not_let_go() -> None:
    supervisor = Supervisor(BOUNDS)
    supervisor.believed(_sensed())
    modes = []
    for beat in range(round(4.0 / BEAT_S)):
        sensed = supervisor.believed(_lost(3, beat * BEAT_S, is_held=True))
        tau_nm, mode = supervisor.torque(ARM, sensed)
        assert math.isfinite(sum(tau_nm))
        modes.append(mode)
    assert set(modes) == {Mode.UNLOAD, Mode.FLOAT}

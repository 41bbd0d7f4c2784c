"""Who finds what the joints lack, and when: gate and supervisor, while the session runs and after it was stopped."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from controller.safety import missing_torque, projection
from controller.safety.gate import Gate
from controller.safety.outward_pull import RUNAWAY_M_S
from controller.safety.reaction import stop_reason
from controller.safety.stopped_arm import StoppedArm
from controller.safety.supervision import BEAT_S, Supervisor, SupervisorLimits, SupervisorView
from controller.types import Cause, Command, Mode, StopReason, ToolTerms, Vector
from tests.gate_cases import UP, command, limits, reference, soft_gains, state, terms

pytestmark = pytest.mark.usefixtures("short_way")

BARE = terms(np.random.default_rng(5))


@pytest.fixture(autouse=True, scope="module")
def _friction_alone() -> Iterator[None]:
    """Leave the doubt that is there beside friction to another test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(missing_torque, "BASE_NM", 0.0)
        yield


J = next(joint for joint, nm in enumerate(BARE.jbar_t[2]) if nm > 0.0)
"""A joint that lifts the tool where it is given more."""
BIAS_NM = tuple(30.0 * (joint == J) for joint in range(7))
STILL = (0.0,) * 7
ARM = replace(BARE, bias_nm=BIAS_NM, momentum_nms=STILL, drift_nm=tuple(-nm for nm in BIAS_NM))
"""An arm at rest, one joint of which carries everything."""
SENT_NM = tuple(1.4 * nm for nm in BIAS_NM)
"""What its drives report while a fault makes 12 Nm of it vanish, or a hand carries that much."""
TEACHING = soft_gains(learn_per_s=8.0, unload_damping_ns_per_m=0.0, drag_ns_per_m=0.0, float_damping_nms_per_rad=STILL)
LIMITS = limits(stop=TEACHING, observer_joint_nm=(0.5,) * 7)
SUPERVISOR_LIMITS = SupervisorLimits(
    heartbeat_s=0.0055, tool_n=50.0, speed_rad_s=(2.0,) * 7, torque_nm=(87.0,) * 7, bad_reads=3, patience_reads=4,
    stop=TEACHING, doubt_nm=(0.5,) * 7,
)  # fmt: skip
CALM = command(ARM, BIAS_NM)
LOST = stop_reason(Cause.LINK, "-", 1.0, 0.0, "-", 0.0)
JUMP = stop_reason(Cause.ENCODER_JUMP, "-", 1.0, 0.0, "-", 0.0)


class _Model:
    """Terms that are the same at any joint state."""

    def __call__(self, q_rad: Vector, dq_rad_s: Vector) -> ToolTerms:
        return ARM

    def correct(self, additions: object) -> None:
        """Leave the terms as they are: they depend on no mass."""


def _stopped(reason: StopReason = LOST, learned: int = 0) -> StoppedArm:
    stopped = StoppedArm(LIMITS, 1e-3)
    stopped.note_good(ARM, UP)
    for _ in range(learned):
        stopped.missing.see(ARM, SENT_NM)
    stopped.reaction.begin(reason)
    return stopped


def _given(stopped: StoppedArm, wish: Command = CALM, periods: int = 1, **senses: object) -> float:
    for _ in range(periods):
        led = stopped.lead(wish, state(**{"tau_nm": SENT_NM, **senses}), 0.0, is_fresh=False)
    return led.holding_nm[J] - BIAS_NM[J]


def test_what_was_found_before_the_stop_holds_the_arm_from_its_first_period_on() -> None:
    assert _given(_stopped(learned=300)) == pytest.approx(12.0 / 0.6 - 0.5, abs=0.2)
    stopped = _stopped(learned=300)
    led = stopped.lead(CALM, state(tau_nm=SENT_NM), 0.0, is_fresh=False)
    assert led.tau_nm == led.holding_nm
    assert np.subtract(led.holding_nm, BIAS_NM) == pytest.approx([19.5 * (joint == J) for joint in range(7)], abs=0.2)


def test_a_stopped_arm_goes_on_to_learn() -> None:
    stopped = _stopped()
    assert _given(stopped) == 0.0
    assert 5.0 < _given(stopped, periods=600) < 13.0
    assert _given(stopped, periods=600, tau_nm=BIAS_NM) < 1.0, "and to unlearn"


def test_what_is_held_from_above_teaches_nothing() -> None:
    held = command(ARM, BIAS_NM, press_n=-8.1)
    assert _given(_stopped(), held, 600) == 0.0
    assert _given(_stopped(), command(ARM, BIAS_NM, press_n=-8.0), 600) > 5.0
    assert _given(_stopped(), command(ARM, BIAS_NM, press_n=-8.1, trusted=False), 600) > 5.0


def test_a_surplus_is_taken_from_an_arm_that_runs_away_and_given_back_at_a_touch() -> None:
    sent = tuple(0.7 * nm for nm in BIAS_NM)
    stopped = StoppedArm(replace(LIMITS, stop=replace(TEACHING, unload_spring_n_per_m=0.0)), 1e-3)
    stopped.note_good(ARM, UP)
    stopped.reaction.begin(LOST)
    still, turning = STILL, tuple(0.3 * (joint == J) for joint in range(7))
    assert math.hypot(*projection.moving(ARM, turning).v_wt[:3]) > RUNAWAY_M_S
    free, touched = command(ARM, BIAS_NM, press_n=0.0), command(ARM, BIAS_NM, press_n=3.1)
    assert _given(stopped, free, 300, tau_nm=sent, dq_rad_s=still) == 0.0
    assert -9.0 < _given(stopped, free, 600, tau_nm=sent, dq_rad_s=turning) < -8.0
    assert _given(stopped, touched, tau_nm=sent, dq_rad_s=turning) == 0.0


def test_positions_in_doubt_teach_nothing_and_what_is_known_stays() -> None:
    stopped = _stopped(JUMP, learned=300)
    first = _given(stopped)
    assert first > 10.0
    assert _given(stopped, periods=300, tau_nm=BIAS_NM) == pytest.approx(first)


def test_a_cleared_arm_has_forgotten_what_its_joints_lack() -> None:
    stopped = _stopped(learned=300)
    stopped.clear()
    stopped.note_good(ARM, UP)
    stopped.reaction.begin(LOST)
    assert _given(stopped) == 0.0


def _judged(gate: Gate, periods: int, start: int = 1, **senses: object) -> Vector:
    for tick in range(start, start + periods):
        sensed = state(t_s=1e-3 * tick, wrench_sequence=tick, wrench_s=(1e-3 * (tick % 7), 0, 0, 0, 0, 0), **senses)
        judged = gate.judge(CALM, sensed, reference(), 1e-3 * tick)
    return judged.command.holding_nm


def test_the_gate_finds_it_by_its_own_terms_while_the_session_runs() -> None:
    gate = Gate(LIMITS, 1e-3, _Model())
    assert _judged(gate, 300, tau_nm=SENT_NM) == BIAS_NM, "and acts on nothing"
    gate.stop(LOST)
    assert _judged(gate, 1, 301, tau_nm=SENT_NM)[J] > 40.0


def test_a_gate_without_terms_of_this_period_finds_nothing() -> None:
    gate = Gate(LIMITS, 1e-3, _Model())
    _judged(gate, 1, tau_nm=BIAS_NM)
    gate.stop(JUMP)
    _judged(gate, 300, 2, tau_nm=SENT_NM, dq_rad_s=(math.nan,) * 7)
    assert gate._stopped.missing._lack_nm == STILL


def test_the_gate_forgets_what_was_found_with_speeds_that_are_not_believed() -> None:
    gate = Gate(LIMITS, 1e-3, _Model())
    _judged(gate, 300, tau_nm=SENT_NM)
    # The joint stands still and says that it moves.
    judged = _judged(gate, 30, 301, tau_nm=SENT_NM, dq_rad_s=(0.0, 1.5, 0.0, 0.0, 0.0, 0.0, 0.0))
    assert gate.stop_reason is not None
    assert gate.stop_reason.cause is Cause.SPEED_SIGNAL
    assert judged == pytest.approx(BIAS_NM)


def _watch(supervisor: Supervisor, beats: int, arm: ToolTerms | None = ARM, **senses: object) -> None:
    for beat in range(1, beats + 1):
        sensed = state(t_s=beat * BEAT_S, **{"tau_nm": SENT_NM, **senses})
        assert supervisor.judge(SupervisorView(sensed, beat, True, False, terms=arm)) is None


def _taken(supervisor: Supervisor, **senses: object) -> float:
    """Let the host die and return what is sent beside the model's holding torque at the second joint."""
    assert supervisor.judge(SupervisorView(state(t_s=9.0), 999, True, False)) is None
    stop = supervisor.judge(SupervisorView(state(t_s=9.1), 999, True, False))
    assert stop is not None
    tau, mode = supervisor.torque(
        replace(ARM, quaternion_wt=(1.0, 0.0, 0.0, 0.0)), state(**{"tau_nm": SENT_NM, **senses})
    )
    assert mode is Mode.UNLOAD
    return tau[J] - BIAS_NM[J]


def test_the_supervisor_finds_it_while_the_host_has_the_drives() -> None:
    supervisor = Supervisor(SUPERVISOR_LIMITS)
    _watch(supervisor, 200)
    assert _taken(supervisor) == pytest.approx(12.0 / 0.6 - 0.5, abs=0.4)
    supervisor.clear()
    _watch(supervisor, 1)
    assert _taken(supervisor) == 0.0


def test_the_supervisor_goes_on_to_learn() -> None:
    supervisor = Supervisor(SUPERVISOR_LIMITS)
    _watch(supervisor, 1)
    assert _taken(supervisor) == 0.0
    for _ in range(300):
        tau, _ = supervisor.torque(replace(ARM, quaternion_wt=(1.0, 0.0, 0.0, 0.0)), state(tau_nm=SENT_NM))
    assert 5.0 < tau[J] - BIAS_NM[J] < 13.0


@pytest.mark.parametrize(("arm", "senses"), [(None, {}), (ARM, {"tau_nm": (math.nan,) * 7})])
def test_a_supervisor_that_does_not_know_finds_nothing(arm: ToolTerms | None, senses: dict) -> None:
    supervisor = Supervisor(SUPERVISOR_LIMITS)
    _watch(supervisor, 200, arm, **senses)
    assert _taken(supervisor) == 0.0


@pytest.mark.parametrize("broken", ["q_rad", "dq_rad_s"])
def test_a_supervisor_without_senses_keeps_what_it_has_found(broken: str) -> None:
    supervisor = Supervisor(replace(SUPERVISOR_LIMITS, patience_reads=1000))
    _watch(supervisor, 200)
    found = supervisor._missing._lack_nm
    for _ in range(100):
        sensed = state(t_s=1.0, tau_nm=BIAS_NM, **{broken: (math.nan,) * 7})
        supervisor.judge(SupervisorView(sensed, 1, True, False, terms=ARM))
        supervisor.torque(ARM, sensed)
    assert supervisor._missing._lack_nm == found


def test_the_supervisor_forgets_what_was_found_with_speeds_that_are_not_believed() -> None:
    supervisor = Supervisor(SUPERVISOR_LIMITS)
    _watch(supervisor, 200, dq_rad_s=(0.0, 1.9, 0.0, 0.0, 0.0, 0.0, 0.0))
    assert supervisor._speeds.is_wrong
    assert supervisor._missing._lack_nm[J] > 10.0
    assert _taken(supervisor) == 0.0

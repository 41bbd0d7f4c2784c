"""The supervisor's decisions: just inside and just outside every limit, and what it sends once it has taken over."""

import dataclasses
import math

import numpy as np
import pytest

from controller.safety import projection
from controller.safety.outward_pull import UNLOAD_PULL_N
from controller.safety.reaction import LEAVE_S, UNLOAD_S
from controller.safety.supervision import BEAT_S, LEAK_READS, Supervisor, SupervisorLimits, SupervisorView, outward_axis
from controller.types import Cause, Mode, StopReason, ToolTerms
from tests.gate_cases import rising, soft_gains, state, terms

pytestmark = pytest.mark.usefixtures("short_way")

LIMITS = SupervisorLimits(
    heartbeat_s=0.0055, tool_n=50.0, speed_rad_s=(2.0, 2.0, 2.0, 2.0, 3.0, 3.0, 3.0), torque_nm=(87.0,) * 7,
    bad_reads=3, patience_reads=4, stop=soft_gains(),
)  # fmt: skip


def _view(
    t_s: float, beat: int = 1, is_intact: bool = True, is_host_stopped: bool = False, **changes: object
) -> SupervisorView:
    return SupervisorView(state(t_s=t_s, **changes), beat, is_intact, is_host_stopped)


def _watched(supervisor: Supervisor, until_s: float = 0.1) -> int:
    """Let a healthy host beat; return its last beat."""
    beats = round(until_s / BEAT_S)
    for beat in range(1, beats + 1):
        assert supervisor.judge(_view(beat * BEAT_S, beat)) is None
    return beats


class _Reads:
    """Reads of a supervisor beside a host that beats; positions go where the reported speeds take them."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._read = 0
        self._q = self._dq = np.zeros(7)

    def over(self, reads: int, is_host_stopped: bool = False, **changes: object) -> StopReason | None:
        stop = None
        for _ in range(reads):
            dq = np.nan_to_num(np.array(changes.get("dq_rad_s", (0.0,) * 7), dtype=float))
            self._q, self._dq = self._q + 0.5 * BEAT_S * (self._dq + dq), dq
            senses = {"q_rad": tuple(self._q.tolist()), **changes}
            stop = self._supervisor.judge(
                _view(0.2 + self._read * BEAT_S, 100 + self._read, True, is_host_stopped, **senses)
            )
            self._read += 1
        return stop


def _over(supervisor: Supervisor, reads: int, is_host_stopped: bool = False, **changes: object) -> StopReason | None:
    return _Reads(supervisor).over(reads, is_host_stopped, **changes)


def test_a_host_that_has_never_beaten_twice_is_not_waited_for() -> None:
    supervisor = Supervisor(LIMITS)
    for beat in range(5000):
        assert supervisor.judge(_view(beat * BEAT_S, 0)) is None


@pytest.mark.parametrize(("age_s", "is_lost"), [(0.0054, False), (0.0056, True)])
def test_a_heartbeat_just_in_time_and_just_too_late(age_s: float, is_lost: bool) -> None:
    supervisor = Supervisor(LIMITS)
    last = _watched(supervisor)
    stop = supervisor.judge(_view(last * BEAT_S + age_s, last))
    assert (stop is not None) is is_lost
    if stop is not None:
        assert stop.cause is Cause.HOST_LOST
        assert stop.value == pytest.approx(age_s)
        assert stop.allowed == LIMITS.heartbeat_s


def test_a_clock_that_is_no_number_counts_as_a_lost_host() -> None:
    supervisor = Supervisor(LIMITS)
    last = _watched(supervisor)
    stop = supervisor.judge(_view(math.nan, last))
    assert stop is not None
    assert stop.cause is Cause.HOST_LOST


def test_what_was_taken_is_kept_until_it_is_cleared_and_a_cleared_one_starts_anew() -> None:
    supervisor = Supervisor(LIMITS)
    last = _watched(supervisor)
    first = supervisor.judge(_view(1.0, last))
    assert first is not None
    for beat in range(last + 1, last + 100):
        assert supervisor.judge(_view(1.0 + beat * BEAT_S, beat)) is first
    supervisor.clear()
    assert supervisor.stop is None
    assert supervisor.judge(_view(9.0, last)) is None
    assert supervisor.judge(_view(99.0, last)) is None, "a first heartbeat is not waited for"
    _watched(supervisor)


def test_a_counter_that_starts_at_zero_is_waited_for_from_its_second_beat_on() -> None:
    supervisor = Supervisor(LIMITS)
    assert supervisor.judge(_view(0.0, 0)) is None
    assert supervisor.judge(_view(0.002, 1)) is None
    stop = supervisor.judge(_view(0.1, 1))
    assert stop is not None
    assert stop.cause is Cause.HOST_LOST


def test_a_first_read_that_is_broken_is_no_reason_yet() -> None:
    assert Supervisor(LIMITS).judge(_view(0.0, 1, is_intact=False)) is None


def test_a_host_that_beats_and_commands_is_left_the_drives() -> None:
    supervisor = Supervisor(LIMITS)
    for beat in range(500):
        assert supervisor.judge(_view(1.0 + beat * BEAT_S, beat, command_age_s=0.001)) is None


def test_ages_just_at_the_limit_are_allowed() -> None:
    bounds = dataclasses.replace(LIMITS, heartbeat_s=0.5)
    supervisor = Supervisor(bounds)
    assert supervisor.judge(_view(0.0, 1)) is None
    assert supervisor.judge(_view(1.0, 2)) is None
    assert supervisor.judge(_view(1.5, 2, command_age_s=0.5)) is None
    assert supervisor.judge(_view(1.5, 3, command_age_s=0.501)) is not None


def test_senses_of_another_arm_are_refused() -> None:
    supervisor = Supervisor(dataclasses.replace(LIMITS, patience_reads=1))
    with pytest.raises(ValueError, match="zip"):
        supervisor.judge(_view(0.0, 1, dq_rad_s=(9.0,) * 8))


def _read(supervisor: Supervisor, reads: str) -> StopReason | None:
    """Let a host beat that is read whole (w), broken by the supervisor (s), by the drives (d) or by both (b)."""
    beat = _watched(supervisor)
    for letter in reads:
        beat += 1
        view = _view(beat * BEAT_S, beat, letter in "wd")
        stop = supervisor.judge(dataclasses.replace(view, are_drives_intact=letter in "ws"))
        if stop is not None:
            return stop
    return None


@pytest.mark.parametrize("letter", ["s", "d", "b"])
@pytest.mark.parametrize(
    ("whole", "is_corrupt"), [(0, True), (1, True), (LEAK_READS - 1, True), (LEAK_READS, False), (50, False)]
)
def test_noise_is_found_though_whole_reads_lie_between(letter: str, whole: int, is_corrupt: bool) -> None:
    supervisor = Supervisor(LIMITS)
    assert _read(supervisor, letter * 2 + "w" * whole) is None
    beat = 1000
    stop = supervisor.judge(SupervisorView(state(t_s=0.1), beat, letter == "d", False, are_drives_intact=letter == "s"))
    assert (stop is not None) is is_corrupt
    if stop is not None:
        assert (stop.cause, stop.value, stop.allowed) == (Cause.MEMORY_CORRUPT, 3.0, 0.0)


def test_a_broken_read_is_forgotten_for_good_once_enough_whole_ones_have_followed() -> None:
    assert _read(Supervisor(LIMITS), ("s" + "w" * LEAK_READS) * 20) is None
    assert _read(Supervisor(LIMITS), "w" * 100 + "sd" + "w" * LEAK_READS * 2 + "bs") is None


@pytest.mark.parametrize(
    ("changes", "host_lags", "cause"),
    [({"command_age_s": 0.02}, False, Cause.LINK), ({}, True, Cause.HOST_LOST)],
)
@pytest.mark.parametrize("letter", ["s", "d"])
@pytest.mark.parametrize("whole", [0, LEAK_READS - 2, LEAK_READS - 1])
def test_what_is_missing_while_reads_are_broken_has_been_destroyed(
    changes: dict, host_lags: bool, cause: Cause, letter: str, whole: int
) -> None:
    supervisor = Supervisor(LIMITS)
    assert _read(supervisor, letter + "w" * whole) is None
    last = round(0.1 / BEAT_S) + 1 + whole
    beat, t_s = (supervisor._last_beat, last * BEAT_S + 0.0056) if host_lags else (last + 1, (last + 1) * BEAT_S)
    stop = supervisor.judge(_view(t_s, beat, **changes))
    assert stop is not None
    # The last whole read, that of this period, takes one off before it is judged.
    assert stop.cause is (Cause.MEMORY_CORRUPT if whole < LEAK_READS - 1 else cause)


def test_broken_reads_are_forgotten_when_a_stop_is_cleared() -> None:
    supervisor = Supervisor(LIMITS)
    assert _read(supervisor, "ss") is None
    supervisor.clear()
    assert supervisor.judge(_view(5.0, 1, False)) is None


def test_a_broken_read_is_no_heartbeat() -> None:
    supervisor = Supervisor(SupervisorLimits(0.0055, 50.0, (2.0,) * 7, (87.0,) * 7, 100, 4, soft_gains()))
    last = _watched(supervisor)
    stops = [supervisor.judge(_view(last * BEAT_S + 0.001 * k, last + k, False)) for k in range(1, 7)]
    assert stops[:5] == [None] * 5
    assert stops[5] is not None
    assert (stops[5].cause, stops[5].value) == (Cause.MEMORY_CORRUPT, 6.0)


@pytest.mark.parametrize(
    ("inside", "outside", "cause"),
    [
        ({"wrench_s": (0, 0, -50.0, 0, 0, 0)}, {"wrench_s": (0, 0, -50.001, 0, 0, 0)}, Cause.TOOL_FORCE),
        ({"wrench_s": (30.0, 40.0, 0, 99.0, 0, 0)}, {"wrench_s": (30.0, 40.01, 0, 0, 0, 0)}, Cause.TOOL_FORCE),
        ({"dq_rad_s": (-2.0,) * 7}, {"dq_rad_s": (0, 0, -2.001, 0, 2.5, 0, 0)}, Cause.JOINT_SPEED),
        ({"dq_rad_s": (0, 0, 0, 0, 3.0, 0, 0)}, {"dq_rad_s": (0, 0, 0, 0, 3.001, 0, 0)}, Cause.JOINT_SPEED),
        ({}, {"q_rad": (math.nan, *(0.0,) * 6)}, Cause.NOT_FINITE),
        ({}, {"dq_rad_s": (math.nan, *(0.0,) * 6)}, Cause.NOT_FINITE),
        ({}, {"wrench_s": (math.nan,) * 6}, Cause.NOT_FINITE),
        ({}, {"wrench_s": (math.inf, 0, 0, 0, 0, 0)}, Cause.NOT_FINITE),
    ],
)
def test_senses_inside_and_outside_their_limits(inside: dict, outside: dict, cause: Cause) -> None:
    supervisor = Supervisor(LIMITS)
    assert _over(supervisor, 100, **inside) is None
    supervisor.clear()
    reads = _Reads(supervisor)
    for _ in range(5):
        assert reads.over(LIMITS.patience_reads - 1, **outside) is None
        assert reads.over(4 * (LIMITS.patience_reads - 1), **inside) is None, "forgotten"
    stop = reads.over(LIMITS.patience_reads, **outside)
    assert stop is not None
    assert stop.cause is cause
    if cause is not Cause.NOT_FINITE:
        assert stop.value > stop.allowed


def test_a_good_read_between_does_not_start_the_patience_again() -> None:
    reads, heavy = _Reads(Supervisor(LIMITS)), {"wrench_s": (0, 0, -50.1, 0, 0, 0)}
    assert reads.over(LIMITS.patience_reads - 1, **heavy) is None
    assert reads.over(1) is None
    assert reads.over(1, **heavy) is None
    stop = reads.over(1, **heavy)
    assert stop is not None
    assert stop.cause is Cause.TOOL_FORCE


def test_a_broken_drive_that_the_host_does_not_answer_is_answered() -> None:
    supervisor = Supervisor(LIMITS)
    assert _over(supervisor, LIMITS.patience_reads - 1, joint_fault=(0, 0, 1, 0, 0, 0, 0)) is None
    assert _over(supervisor, 4 * (LIMITS.patience_reads - 1), joint_fault=(0,) * 7) is None, "forgotten"
    stop = _over(supervisor, LIMITS.patience_reads, joint_fault=(0, 0, 1, 0, 0, 0, 0))
    assert stop is not None
    assert (stop.cause, stop.value) == (Cause.DRIVE_FAULT, 1.0)
    assert "joint 3" in stop.limit
    heavy = {"joint_fault": (0, 0, 1, 0, 0, 0, 0), "wrench_s": (0, 0, -50.1, 0, 0, 0)}
    stop = _over(Supervisor(LIMITS), LIMITS.patience_reads, **heavy)
    assert stop is not None
    assert stop.cause is Cause.TOOL_FORCE


def _taken(t_s: float = 1.0) -> Supervisor:
    supervisor = Supervisor(LIMITS)
    last = _watched(supervisor)
    assert supervisor.judge(_view(t_s, last)) is not None
    return supervisor


@pytest.mark.parametrize(
    ("beat_age_s", "command_age_s", "is_lost"),
    [(0.0, 0.0055, False), (0.0, 0.0056, True), (0.004, 0.009, False), (0.004, 0.0096, True)],
)
def test_commands_that_arrive_late_by_more_than_the_loop_itself_are_a_lost_link(
    beat_age_s: float, command_age_s: float, is_lost: bool
) -> None:
    supervisor = Supervisor(LIMITS)
    last = _watched(supervisor)
    t_s = last * BEAT_S + (beat_age_s or BEAT_S)
    stop = supervisor.judge(_view(t_s, last if beat_age_s else last + 1, command_age_s=command_age_s))
    assert (stop.cause if stop is not None else None) is (Cause.LINK if is_lost else None)


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"wrench_s": (math.nan,) * 6}, None),
        ({"wrench_s": (0, 0, -50.001, 0, 0, 0)}, Cause.TOOL_FORCE),
        ({"wrench_s": (0, 0, -math.inf, 0, 0, 0)}, Cause.NOT_FINITE),
        ({"wrench_s": (math.nan,) * 6, "q_rad": (math.nan,) * 7}, Cause.NOT_FINITE),
        ({"wrench_s": (math.nan,) * 6, "dq_rad_s": (3.1,) * 7}, Cause.NOT_FINITE),
        ({"dq_rad_s": (3.1,) * 7}, Cause.JOINT_SPEED),
        ({"joint_fault": (0, 0, 1, 0, 0, 0, 0)}, None),
    ],
)
def test_a_host_that_has_stopped_and_lives_is_let_without_a_wrist_sensor_but_not_with_force_or_speed(
    changes: dict, cause: Cause | None
) -> None:
    stop = _over(Supervisor(LIMITS), 100, is_host_stopped=True, **changes)
    assert (stop.cause if stop is not None else None) is cause


def test_a_host_that_has_stopped_and_dies_is_relieved_all_the_same() -> None:
    supervisor = Supervisor(LIMITS)
    last = _watched(supervisor)
    stop = supervisor.judge(_view(last * BEAT_S + 0.01, last, True, True, wrench_s=(math.nan,) * 6))
    assert stop is not None
    assert stop.cause is Cause.HOST_LOST


def _leave(supervisor: Supervisor, arm: ToolTerms, beats: int, rise_m_s: float = 0.0, t_s: float = 1.0) -> Mode:
    """Let it send torques for so many of its beats; return the last mode."""
    sensed = state(t_s=t_s, dq_rad_s=rising(arm, rise_m_s))
    for _ in range(beats):
        tau, mode = supervisor.torque(arm, sensed)
        assert len(tau) == 7
        assert all(abs(value) <= limit for value, limit in zip(tau, LIMITS.torque_nm, strict=True))
    return mode


UNLOAD_BEATS, LEAVE_BEATS = round(UNLOAD_S / BEAT_S), round(LEAVE_S / BEAT_S)


@pytest.mark.parametrize("t_s", [1.0, 0.0, math.nan])
def test_it_unloads_then_floats_by_the_count_of_its_own_beats(t_s: float) -> None:
    """Whatever its clock says: it stands still, or is no number."""
    arm, supervisor = terms(np.random.default_rng(1)), _taken()
    assert _leave(supervisor, arm, UNLOAD_BEATS, 0.05, t_s) is Mode.UNLOAD
    assert _leave(supervisor, arm, 1, 0.0, t_s) is Mode.FLOAT
    assert _leave(supervisor, arm, 1000, 0.0, t_s) is Mode.FLOAT


def test_it_unloads_until_the_tool_is_lifted_but_not_for_ever() -> None:
    arm = terms(np.random.default_rng(1))
    held = _taken()
    assert _leave(held, arm, LEAVE_BEATS) is Mode.UNLOAD
    assert _leave(held, arm, 1) is Mode.FLOAT
    late = _taken()
    assert _leave(late, arm, UNLOAD_BEATS + 100) is Mode.UNLOAD
    # 24.9 mm and not one period more, then 25 mm.
    assert _leave(late, arm, 249, 0.05) is Mode.UNLOAD
    assert _leave(late, arm, 1) is Mode.UNLOAD
    assert _leave(late, arm, 2, 0.05) is Mode.UNLOAD, "the way of this period counts from the next on"
    assert _leave(late, arm, 1) is Mode.FLOAT
    quick = _taken()
    assert _leave(quick, arm, UNLOAD_BEATS, 0.4) is Mode.UNLOAD, "not shorter where it is lifted early"
    quick.clear()
    _stop_host(quick)
    assert _leave(quick, arm, UNLOAD_BEATS + 1) is Mode.UNLOAD, "beats and way are forgotten with the stop"


def test_it_retreats_to_its_distance_and_stays_there() -> None:
    arm, supervisor = terms(np.random.default_rng(2)), _taken()
    outward = outward_axis(arm)

    def pull_n() -> float:
        return -projection.static_press(supervisor.torque(arm, state(t_s=1.0))[0], arm, outward)

    assert _leave(supervisor, arm, 400, 0.1) is Mode.UNLOAD
    assert pull_n() == pytest.approx(15.0), "floating, at 80 mm, it goes on with all its pull"
    _leave(supervisor, arm, 340, 0.1)
    assert pull_n() == pytest.approx(400.0 * 2.0 * 0.002), "2 mm before the end: slow"
    _leave(supervisor, arm, 100, 0.1)
    assert pull_n() == pytest.approx(0.0, abs=1e-9)


def test_its_torque_pulls_away_from_the_body_and_never_presses() -> None:
    arm = terms(np.random.default_rng(2))
    outward = outward_axis(arm)
    supervisor = _taken()
    pressed = [
        projection.static_press(supervisor.torque(arm, state(t_s=1.0 + BEAT_S * beat))[0], arm, outward)
        for beat in range(2500)
    ]
    assert pressed[0] == pytest.approx(0.0, abs=1e-9), "the press force is dropped at once"
    assert pressed[1:75] == pytest.approx([-15.0 * BEAT_S * beat / 0.15 for beat in range(1, 75)])
    assert pressed[75:] == pytest.approx([-UNLOAD_PULL_N] * len(pressed[75:]))


def test_outward_is_against_the_tools_axis() -> None:
    assert outward_axis(terms(np.random.default_rng(3))) == pytest.approx((0.0, 0.0, 1.0))


def test_outward_is_the_third_column_of_the_rotation_with_the_other_sign() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        drawn = rng.normal(size=4)
        x, y, z, w = quaternion = tuple((drawn / np.linalg.norm(drawn)).tolist())
        # Rodrigues about the quaternion's own axis, not the formula of the code.
        axis, half = np.array((x, y, z)), math.atan2(math.hypot(x, y, z), w)
        axis = axis / np.linalg.norm(axis)
        e_z = np.array((0.0, 0.0, 1.0))
        turned = (
            e_z * math.cos(2 * half)
            + np.cross(axis, e_z) * math.sin(2 * half)
            + axis * (axis @ e_z) * (1 - math.cos(2 * half))
        )
        arm = dataclasses.replace(terms(rng), quaternion_wt=quaternion)
        assert outward_axis(arm) == pytest.approx(-turned)


def test_without_joint_speeds_the_last_torque_that_held_the_arm_stays() -> None:
    arm = terms(np.random.default_rng(4))
    supervisor = _taken()
    supervisor.torque(arm, state(t_s=1.0))
    lost = state(t_s=1.01, dq_rad_s=(math.nan,) * 7)
    assert supervisor.torque(arm, lost) == (arm.bias_nm, Mode.FLOAT)


def test_an_arm_whose_speeds_are_gone_from_the_first_torque_on_is_held_by_the_last_good_terms() -> None:
    arm = terms(np.random.default_rng(5))
    lost = state(t_s=1.0, dq_rad_s=(math.nan,) * 7)
    assert _taken().torque(arm, lost) == (arm.bias_nm, Mode.FLOAT)


def test_with_nothing_known_at_all_it_sends_nothing_rather_than_what_is_no_number() -> None:
    good = terms(np.random.default_rng(6))
    broken = type(good)(
        good.p_wt, good.quaternion_wt, good.v_wt, good.jacobian, good.jbar_t, (math.nan,) * 7
    )  # fmt: skip
    assert _taken().torque(broken, state(t_s=1.0)) == ((0.0,) * 7, Mode.FLOAT)


def test_before_it_has_taken_over_its_torque_would_unload() -> None:
    tau, mode = Supervisor(LIMITS).torque(terms(np.random.default_rng(7)), state(t_s=1.0))
    assert mode is Mode.UNLOAD
    assert math.isfinite(sum(tau))


@pytest.mark.parametrize("measured", ["good", "short", "nan"])
def test_before_a_posture_is_known_the_first_measured_torque_holds_the_arm(measured: str) -> None:
    supervisor = Supervisor(LIMITS)
    joints = len(LIMITS.torque_nm)
    good = tuple(float(k) for k in range(joints))
    tau_nm = {"good": good, "short": good[1:], "nan": (math.nan, *good[1:])}[measured]
    blind = dataclasses.replace(terms(np.random.default_rng(1)), bias_nm=(math.nan,) * joints)
    now = state(q_rad=(math.nan,) * joints, dq_rad_s=(math.nan,) * joints, tau_nm=tau_nm)
    expected = good if measured == "good" else (0.0,) * joints
    assert supervisor.torque(blind, now) == (expected, Mode.FLOAT)
    later = dataclasses.replace(now, tau_nm=(3.0,) * joints)
    assert supervisor.torque(blind, later)[0] == (expected if measured == "good" else (3.0,) * joints)


def _slow_taker(**changes: object) -> Supervisor:
    """Return a supervisor that has just taken the drives, with other gains."""
    gains = soft_gains(float_damping_nms_per_rad=(3.0,) * 7, drag_ns_per_m=0.0, **changes)
    supervisor = Supervisor(dataclasses.replace(LIMITS, stop=gains))
    _stop_host(supervisor)
    return supervisor


def _stop_host(supervisor: Supervisor) -> None:
    supervisor.stop = StopReason(Cause.HOST_LOST, "-", 1.0, 0.0, "-", -0.3, "-")


def test_its_speeds_are_filtered_over_its_own_period_and_anew_after_every_stop() -> None:
    supervisor = _slow_taker(speed_filter_rad_s=50.0, unload_damping_ns_per_m=0.0)
    arm = terms(np.random.default_rng(12))

    def damping_nm(speed: float) -> float:
        tau, _ = supervisor.torque(arm, state(t_s=0.0, dq_rad_s=(speed, *(0.0,) * 6)))
        return arm.bias_nm[0] - tau[0]

    share = 1.0 - math.exp(-50.0 * BEAT_S)
    assert damping_nm(0.2) == pytest.approx(0.6)
    assert damping_nm(0.0) == pytest.approx(0.6 * (1.0 - share * share))
    supervisor.clear()
    _stop_host(supervisor)
    assert damping_nm(0.1) == pytest.approx(0.3)


def test_its_pull_grows_over_its_own_period_and_anew_after_every_stop() -> None:
    supervisor = _slow_taker(unload_damping_ns_per_m=10.0, unload_spring_n_per_m=100.0)
    arm = terms(np.random.default_rng(12))
    outward = np.array(outward_axis(arm))

    def pull_n() -> float:
        tau, _ = supervisor.torque(arm, state(t_s=0.0))
        return float(outward @ projection.tool_wrench(tau, arm)[:3])

    step_n, ramp_n = 100.0 * 0.05 * BEAT_S, 15.0 * BEAT_S / 0.15
    expected = [min(0.5, ramp_n * k) + (k + 1) * step_n for k in range(5)]
    assert [pull_n() for _ in range(5)] == pytest.approx(expected)
    supervisor.clear()
    _stop_host(supervisor)
    assert [pull_n() for _ in range(2)] == pytest.approx(expected[:2])


@pytest.mark.parametrize(
    "lost", [{"dq_rad_s": (math.nan,) * 7}, {"dq_rad_s": (math.nan,) * 7, "q_rad": (math.nan,) * 7}]
)
def test_without_joint_senses_it_gives_the_enable_up_once_the_time_of_unloading_is_over(lost: dict) -> None:
    arm = terms(np.random.default_rng(4))
    supervisor = _taken()
    supervisor.torque(arm, state(t_s=1.0))
    beats = round(UNLOAD_S / BEAT_S)
    modes = [supervisor.torque(arm, state(t_s=1.0 + BEAT_S * k, **lost))[1] for k in range(1, beats + 3)]
    assert modes[: beats - 1] == [Mode.FLOAT] * (beats - 1)
    assert modes[beats - 1 :] == [Mode.RELEASED] * 3
    assert supervisor.torque(arm, state(t_s=2.0))[1] is Mode.UNLOAD, "it sees again and has not risen"

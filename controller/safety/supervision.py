"""Layer L6, the decisions of the supervisor: when it takes the drives from the session loop, and what it sends.

Pure: the process around it (``controller.processes.supervisor``) reads its own senses, makes its own kinematics and
writes to the drives; a simulation can run the same decisions in simulated time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from operator import le

from controller.safety import projection
from controller.safety.leaky import LeakyCount
from controller.safety.limits import StopGains
from controller.safety.lost_joints import LostJoints
from controller.safety.missing_torque import MissingTorque
from controller.safety.outward_pull import OutwardPull, runaway_m_s
from controller.safety.reaction import LEAVE_S, UNLOAD_S, stop_reason
from controller.safety.speed_check import SpeedCheck
from controller.safety.speed_filter import SpeedFilter
from controller.types import ArmState, Cause, Mode, StopReason, ToolTerms, Vector, Vector3

BEAT_S = 0.002
"""Period of the supervisor."""
LEAK_READS = 10
"""A broken read of the shared memory counts until this many whole ones have followed it: noise need not hit every
read, and a memory without noise has practically no broken ones, since a writer leaves one of the two slots whole."""
ENABLE_DELAY_S = 1.0
"""Time from the loss of the supervisor's heartbeat to the brakes: long enough for the loop to unload first (stop
category 1, removal of power after the stop)."""
RETREAT_DELAY_S = 8.0
"""The same where a session loop that lives has stopped by itself: it leaves (3 s at most), retreats to 150 mm, floats
and waits for a confirmation (3 s where nobody is there to confirm). Brakes that close after a second hold the tool
where a person who gets up meets it (design choice)."""

UNEVEN = 3.0
"""Joint speeds may be apart by so much more than in the session loop until the supervisor goes by the positions': its
reads come unevenly where the machine is busy. It does not stop for them, the session loop does (design choice)."""


@dataclass(frozen=True, slots=True)
class SupervisorLimits:
    """What the supervisor holds the host and the arm against.

    Attributes:
        heartbeat_s: longest time without a new heartbeat of the host.
        tool_n: magnitude of the wrist sensor's force, tool weight included.
        speed_rad_s: joint speeds, (n,).
        torque_nm: joint torques, (n,).
        bad_reads: broken reads of the shared memory that count (``LEAK_READS``).
        patience_reads: reads without senses or over a limit (``LeakyCount``): longer than the host's own monitor needs.
        stop: gains of the stop laws.
        doubt_nm: what friction explains of a torque that is missing, (n,); empty where that is not known.
    """

    heartbeat_s: float
    tool_n: float
    speed_rad_s: Vector
    torque_nm: Vector
    bad_reads: int
    patience_reads: int
    stop: StopGains
    doubt_nm: Vector = ()


@dataclass(frozen=True, slots=True)
class SupervisorView:
    """What the supervisor sees in one period.

    Attributes:
        state: its own read of the senses, as ``Supervisor.believed`` returns it; ``t_s`` is its own clock.
        host_beat: the host's heartbeat counter as last read whole; a counter that has never moved is not waited for.
        is_intact: the memory shared with the host had the right checksum.
        is_host_stopped: the host says that it has stopped the session by itself and leads the arm to rest.
        are_drives_intact: the drives, which read the same memory, have had no broken read since the last period.
        terms: by the supervisor's own kinematics, of this period; None where the senses are gone.
    """

    state: ArmState
    host_beat: int
    is_intact: bool
    is_host_stopped: bool
    are_drives_intact: bool = True
    terms: ToolTerms | None = None


class Supervisor:
    """Decides once a period; what it took it keeps until ``clear``.

    Args:
        limits: what to check.
    """

    def __init__(self, limits: SupervisorLimits) -> None:
        self.limits = limits
        self._slow = SpeedFilter(limits.stop.speed_filter_rad_s, BEAT_S)
        self._pull = OutwardPull(limits.stop, BEAT_S)
        self._missing = MissingTorque(limits.stop, limits.doubt_nm, BEAT_S)
        self._speeds = SpeedCheck(len(limits.speed_rad_s), BEAT_S, UNEVEN)
        self._lost = LostJoints(len(limits.speed_rad_s))
        self.clear()

    def clear(self) -> None:
        """Give the drives back to the host."""
        self.stop: StopReason | None = None
        """Why it took the drives, None while the host has them."""
        self._last_beat = -1
        self._beat_t_s = math.nan
        self._broken = self._beats = 0
        self._over = LeakyCount()
        self._holding: Vector = ()
        self._slow.clear()
        self._pull.clear()
        self._missing.clear()
        self._speeds.clear()
        self._lost.clear()

    def believed(self, state: ArmState) -> ArmState:
        """Return the state to judge and to make rigid-body terms of, once a period: joints behind brakes stand."""
        return self._lost.believed(state)

    def judge(self, view: SupervisorView) -> StopReason | None:
        """Return why the supervisor has the drives, None where the host has them."""
        state = view.state
        self._speeds.step(state.t_s, state.q_rad, state.dq_rad_s)
        if self.stop is None:
            if view.terms is not None and math.isfinite(sum(state.q_rad) + sum(state.dq_rad_s)):
                self._missing.see(view.terms, state.tau_nm)
            self.stop = self._memory(view) or self._silence(view) or self._senses(view)
        return self.stop

    def torque(self, terms: ToolTerms, state: ArmState) -> tuple[Vector, Mode]:
        """Return joint torques (n,) that unload along the tool's own axis, then float, and which of both it is.

        Without joint senses the last torque that held the arm stays; once the time of unloading is over, the mode is
        RELEASED, and the drives close their brakes.

        Args:
            terms: from the supervisor's own kinematics; the last good ones where the senses are gone.
            state: its own read.
        """
        since_s = self._beats * BEAT_S
        self._beats += 1
        is_blind = not math.isfinite(sum(state.q_rad) + sum(state.dq_rad_s))
        is_leaving = since_s < UNLOAD_S or (since_s < LEAVE_S and not self._pull.is_clear and not is_blind)
        mode = Mode.UNLOAD if is_leaving else Mode.FLOAT
        dq_rad_s = self._speeds.believed(state.dq_rad_s)
        stop, slow_rad_s = self.limits.stop, self._slow.step(dq_rad_s)
        terms = projection.moving(terms, slow_rad_s)
        outward_w = outward_axis(terms)
        if dq_rad_s is not state.dq_rad_s:
            self._missing.clear()
        if not is_blind:
            self._missing.learn(terms, state.tau_nm, slow_rad_s, outward_w)
        terms = self._missing.held(terms, outward_w)
        if math.isfinite(sum(terms.bias_nm)):
            # The last posture that was known held the arm by this; zero would drop it.
            self._holding = terms.bias_nm
        outward_m_s = projection.dot(terms.v_wt[:3], outward_w)
        flung_m_s = runaway_m_s(terms.v_wt[:3], None)
        pull_n = self._pull.step(outward_m_s, mode, since_s, is_parking=False, runaway_m_s=flung_m_s)
        # What leaving the skin has taught is part of what holds the arm.
        learned_n = self._pull.learned_n
        terms = projection.lifted(terms, outward_w, learned_n)
        tau = projection.soft_torque(terms, slow_rad_s, stop, outward_w, pull_n - learned_n)
        tau, _ = projection.saturate(tau, terms.bias_nm, self.limits.torque_nm)
        if math.isfinite(sum(tau)):
            return tau, mode
        if not self._holding and len(state.tau_nm) == len(self.limits.torque_nm) and math.isfinite(sum(state.tau_nm)):
            # No posture has been known: what the drives measured first holds the arm better than nothing.
            self._holding = state.tau_nm
        held = self._holding or (0.0,) * len(self.limits.torque_nm)
        held = projection.damped(held, slow_rad_s, stop)
        # An arm held by the torque of a posture it may have left tips over: nothing but the brakes can hold it.
        return projection.clip(held, self.limits.torque_nm), Mode.FLOAT if is_leaving else Mode.RELEASED

    def _memory(self, view: SupervisorView) -> StopReason | None:
        """Step in where the memory is read broken, by the supervisor or by the drives."""
        is_whole = view.is_intact and view.are_drives_intact
        self._broken = max(0, self._broken - 1) if is_whole else self._broken + LEAK_READS
        return self._corrupt(view.state.t_s) if self._broken > (self.limits.bad_reads - 1) * LEAK_READS else None

    def _corrupt(self, t_s: float) -> StopReason:
        reads, what = math.ceil(self._broken / LEAK_READS), "broken reads of the shared memory"
        return stop_reason(Cause.MEMORY_CORRUPT, what, reads, 0.0, "reads", t_s)

    def _silence(self, view: SupervisorView) -> StopReason | None:
        """Step in where heartbeats or commands are missing; while reads are broken, they have been destroyed."""
        found = self._host(view) or self._link(view.state)
        return found if found is None or self._broken == 0 else self._corrupt(view.state.t_s)

    def _host(self, view: SupervisorView) -> StopReason | None:
        t_s = view.state.t_s
        if view.is_intact and view.host_beat != self._last_beat:
            is_first = self._last_beat < 0
            self._last_beat, self._beat_t_s = view.host_beat, math.nan if is_first else t_s
        age_s = t_s - self._beat_t_s
        if math.isnan(self._beat_t_s) or age_s <= self.limits.heartbeat_s:
            return None
        limit_s = self.limits.heartbeat_s
        return stop_reason(Cause.HOST_LOST, "age of the session loop's heartbeat", age_s, limit_s, "s", t_s)

    def _link(self, state: ArmState) -> StopReason | None:
        """Step in where the host lives but the drives no longer hear it."""
        beat_age_s = state.t_s - self._beat_t_s
        # A loop that stands still sends no commands either; that is no lost link.
        age_s = state.command_age_s - (beat_age_s if beat_age_s > 0.0 else 0.0)
        limit_s = self.limits.heartbeat_s
        if age_s <= limit_s:
            return None
        return stop_reason(
            Cause.LINK, "age of the drives' last command beyond the loop's heartbeat", age_s, limit_s, "s", state.t_s
        )

    def _senses(self, view: SupervisorView) -> StopReason | None:
        """Step in where senses are missing or limits passed for longer than the host needs to answer.

        A host that has stopped by itself, and lives, unloads and parks by the joints alone: it is let, without a wrist
        sensor too. One that presses too hard is not.
        """
        state = view.state
        tool_n = math.hypot(*state.wrench_s[:3])
        dq_rad_s = self._speeds.believed(state.dq_rad_s)
        is_slow = all(map(le, map(abs, dq_rad_s), self.limits.speed_rad_s))
        is_light = tool_n <= self.limits.tool_n or (view.is_host_stopped and math.isnan(tool_n))
        # A host that has stopped by itself leads the other joints: a broken drive has its own brake.
        is_sound = view.is_host_stopped or not any(state.joint_fault)
        is_well = is_slow and is_light and is_sound and math.isfinite(sum(state.q_rad))
        if self._over.step(is_bad=not is_well) < self.limits.patience_reads:
            return None
        t_s = state.t_s
        if not is_sound and is_slow and is_light:
            joint, fault = next((j, f) for j, f in enumerate(state.joint_fault) if f)
            return stop_reason(Cause.DRIVE_FAULT, f"fault flags of joint {joint + 1}, own read", fault, 0.0, "-", t_s)
        if is_slow and math.isfinite(tool_n + sum(state.q_rad)):
            return stop_reason(Cause.TOOL_FORCE, "wrist force, own read", tool_n, self.limits.tool_n, "N", t_s)
        if math.isfinite(tool_n + sum(state.q_rad) + sum(dq_rad_s)):
            speeds = zip(map(abs, dq_rad_s), self.limits.speed_rad_s, strict=True)
            speed, limit = max(speeds, key=lambda pair: pair[0] - pair[1])
            return stop_reason(Cause.JOINT_SPEED, "joint speed, own read", speed, limit, "rad/s", t_s)
        return stop_reason(Cause.NOT_FINITE, "senses, own read", math.nan, 0.0, "-", t_s)


def outward_axis(terms: ToolTerms) -> Vector3:
    """Return minus the tool's z axis in W: away from the body by the arm's own kinematics, whatever the plan says."""
    x, y, z, w = terms.quaternion_wt
    return (-2.0 * (x * z + w * y), -2.0 * (y * z - w * x), 2.0 * (x * x + y * y) - 1.0)

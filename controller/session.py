"""The one loop that drives every plant: read, reference, command, judge, apply, record; and the way to rest."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from controller.law import ImpedanceForceLaw
from controller.parking import JointPathDriver
from controller.plant import Plant
from controller.safety.gate import Gate, Judgement
from controller.safety.reaction import stop_reason
from controller.types import (
    ArmState,
    Cause,
    Clearance,
    Command,
    Mode,
    PlanLike,
    Reference,
    StepRecord,
    StopReason,
)

SETTLE_S = 0.5
"""Rest at the start pose before the plan begins; the wrist sensor is tared in it (assumed)."""
PROGRESS_TICKS = 50
"""Ticks between two calls of ``on_tick``."""
HOLD_LIMIT_S = 12.0
"""Longest wait for contact at one stroke; a longer one means that the force is never reached (assumed)."""
PRESS_CAUSES = frozenset({Cause.PRESS_LIMIT, Cause.PRESS_SPEED, Cause.LOADING_RATE, Cause.TORQUE_LIMIT})
"""Limits that lower the press force, so that its integral must not wind up."""


@dataclass(frozen=True, slots=True)
class LoopTiming:
    """Wall-clock figures of the loop; never part of the step records.

    Attributes:
        tick_us: wall time of every tick [us].
        wall_s: wall time of the whole loop [s].
    """

    tick_us: tuple[float, ...]
    wall_s: float


@dataclass(frozen=True, slots=True)
class SessionResult:
    """How a session ended.

    Attributes:
        stop: why it was stopped, None where the plan was completed.
        duration_s: session time [s].
        timing: wall-clock figures.
    """

    stop: StopReason | None
    duration_s: float
    timing: LoopTiming


class Session:
    """Runs one plan on one plant.

    Args:
        plant: the arm, activated at the plan's start posture.
        plan: what to do.
        law: how to do it.
        gate: what is allowed.
        on_step: takes every record; must not block on hardware.
        on_tick: called with (plan time, duration) about every 50 ms of session time, for progress.
        on_settled: asked when a stopped arm has come to rest: who clears the stop, or None to end the session. Without
            it the session ends.
    """

    def __init__(
        self,
        plant: Plant,
        plan: PlanLike,
        law: ImpedanceForceLaw,
        gate: Gate,
        on_step: Callable[[StepRecord], None],
        on_tick: Callable[[float, float], None] | None = None,
        on_settled: Callable[[StopReason], Clearance | None] | None = None,
    ) -> None:
        self._plant, self._plan, self._law, self._gate = plant, plan, law, gate
        self._on_step, self._on_tick, self._on_settled = on_step, on_tick, on_settled
        self._requested: Cause | None = None
        self._plan_s = 0.0
        self._held_s = 0.0
        self._next_hold = 0
        self._failure: Exception | None = None
        self._last: tuple[Reference, Command] | None = None
        self._parking: JointPathDriver | None = None
        self._is_returning = False
        self._settled_s = math.nan

    def request_stop(self, cause: Cause = Cause.OPERATOR) -> None:
        """Ask for a stop from outside the loop (signal handler, console): the arm unloads and floats first."""
        self._requested = cause

    def run(self) -> SessionResult:
        """Run until the plan is done or a stop has settled; the plant is safe when this returns or raises."""
        ticks: list[float] = []
        gc.collect()
        gc.freeze()
        gc.disable()
        began = time.perf_counter()
        try:
            t_s = self._loop(ticks)
            if self._failure is not None:
                raise self._failure
        finally:
            wall = time.perf_counter() - began
            gc.enable()
            gc.unfreeze()
            self._plant.safe()
        return SessionResult(self._gate.stop_reason, t_s, LoopTiming(tuple(ticks), wall))

    def _loop(self, ticks: list[float]) -> float:
        plant, plan, gate = self._plant, self._plan, self._gate
        dt = plant.info.dt_s
        clock = time.perf_counter_ns
        tick = 0
        while True:
            began = clock()
            state = plant.read()
            t_s = state.t_s
            if self._requested is not None:
                gate.stop(_requested_stop(self._requested, t_s))
            reference, command = self._wish(state, t_s)
            judgement = gate.judge(command, state, reference, t_s)
            plant.apply(judgement.command)
            self._note(judgement)
            terms = command.terms
            step = StepRecord(
                t_s, state, reference, terms.p_wt, terms.quaternion_wt, terms.v_wt, command.pads, command.contact,
                command.plan_error_m, judgement.applied(), plant.truth(),
            )  # fmt: skip
            self._tell(step, tick)
            ticks.append((clock() - began) * 1e-3)
            tick += 1
            if gate.is_settled(t_s):
                if not self._goes_on():
                    return t_s
            elif gate.mode is Mode.RUN and self._plan_s >= plan.duration_s:
                return t_s
            if gate.mode is Mode.RUN:
                self._advance(t_s, dt)

    def _goes_on(self) -> bool:
        """Ask whether the stop is cleared, and if so begin anew at the measured pose.

        The arm is driven slowly back to where the transfer to the interrupted stroke began, and goes on from there. A
        person who may not clear the stop leaves it standing.
        """
        stop = self._gate.stop_reason
        who = None if stop is None or self._on_settled is None or self._failure else self._on_settled(stop)
        if who is None:
            return False
        try:
            self._gate.clear(who)
        except PermissionError:
            return False
        self._law.restart()
        self._requested = self._last = self._parking = None
        self._is_returning = True
        self._plan_s = max((time_s for time_s in self._plan.resume_times_s if time_s <= self._plan_s), default=0.0)
        self._next_hold = sum(time_s <= self._plan_s for time_s in self._plan.hold_times_s)
        self._held_s, self._settled_s = 0.0, math.nan
        return True

    def _note(self, judgement: Judgement) -> None:
        """Tell the law what became of its command; one comparison where nothing did."""
        is_limited = bool(judgement.limited) and any(entry.cause in PRESS_CAUSES for entry in judgement.limited)
        self._law.note_limited(is_limited, judgement.gain_share)

    def _wish(self, state: ArmState, t_s: float) -> tuple[Reference, Command]:
        """Return reference and command; where they cannot be made, stop and hold on to the last ones."""
        try:
            reference = self._plan.at(self._plan_s)
            command = self._law.step(state, reference)
            if self._gate.mode is Mode.PARK:
                command = self._park(command, state)
            elif self._is_returning:
                command = self._return(command, state, reference)
            self._last = reference, command
        except Exception as error:
            if self._last is None:
                raise
            self._fail(error, t_s)
        return self._last

    def _park(self, command: Command, state: ArmState) -> Command:
        """Return the command that drives a stopped arm on toward its park posture."""
        if self._parking is None:
            self._parking = JointPathDriver(self._plan.park_path_rad)
        command = self._parking.step(command, state, self._law.robot.mass, self._plant.info.dt_s)
        if self._parking.is_blocked:
            self._gate.stop(stop_reason(Cause.WORKSPACE, "arm held back while parking", 1.0, 0.0, "times", state.t_s))
        if self._parking.is_arrived:
            self._gate.note_parked()
        return command

    def _return(self, command: Command, state: ArmState, reference: Reference) -> Command:
        """Return the command that drives a restarted arm from its park posture to where the plan goes on."""
        robot = self._law.robot
        if self._parking is None:
            back = (*self._plan.park_path_rad[-2::-1], reference.posture_rad)
            self._parking = JointPathDriver(back)
        command = self._parking.step(command, state, robot.mass, self._plant.info.dt_s)
        if self._parking.is_blocked:
            self._gate.stop(stop_reason(Cause.WORKSPACE, "arm held back on its return", 1.0, 0.0, "times", state.t_s))
        # The gate holds the speed toward the body against what was planned, which on this way is not the plan's.
        vx, vy, vz = (robot.jacobian[:3] @ self._parking.planned_rad_s).tolist()
        if self._parking.is_arrived:
            self._is_returning, self._parking, self._settled_s = False, None, math.nan
            self._law.restart()
        return replace(command, plan_error_m=0.0, surface_velocity_w=(vx, vy, vz))

    def _tell(self, step: StepRecord, tick: int) -> None:
        """Hand the step to whoever watches; a watcher that fails stops the session, but never the loop at once."""
        if self._failure is not None:
            return
        try:
            self._on_step(step)
            if self._on_tick is not None and tick % PROGRESS_TICKS == 0:
                self._on_tick(self._plan_s, self._plan.duration_s)
        except Exception as error:
            self._fail(error, step.t_s)

    def _fail(self, error: Exception, t_s: float) -> None:
        """Latch a stop for an error of our own, so that the arm leaves the skin before the error goes on its way."""
        self._failure = self._failure or error
        self._gate.stop(stop_reason(Cause.INTERNAL_ERROR, f"{type(error).__name__}: {error}", 1.0, 0.0, "errors", t_s))

    def _advance(self, t_s: float, dt: float) -> None:
        """Let plan time pass, but wait at the end of an approach until the stroke's force has been reached."""
        if math.isnan(self._settled_s):
            self._settled_s = t_s + SETTLE_S
        if self._is_returning or t_s < self._settled_s:
            return
        after = self._plan_s + dt
        holds = self._plan.hold_times_s
        if self._next_hold < len(holds) and after > holds[self._next_hold]:
            if not self._law.is_working:
                self._held_s += dt
                if self._held_s > HOLD_LIMIT_S:
                    limit = "wait for the stroke's press force"
                    self._gate.stop(stop_reason(Cause.NO_CONTACT, limit, self._held_s, HOLD_LIMIT_S, "s", t_s))
                return
            self._next_hold += 1
            self._held_s = 0.0
        self._plan_s = after


def _requested_stop(cause: Cause, t_s: float) -> StopReason:
    return stop_reason(cause, "request to stop", 1.0, 0.0, "requests", t_s)

"""The one loop that drives every plant: read, reference, command, judge, apply, record."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass

from controller.law import ImpedanceForceLaw
from controller.plant import Plant
from controller.safety.gate import Gate
from controller.types import (
    ArmState,
    Cause,
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
    """

    def __init__(
        self,
        plant: Plant,
        plan: PlanLike,
        law: ImpedanceForceLaw,
        gate: Gate,
        on_step: Callable[[StepRecord], None],
        on_tick: Callable[[float, float], None] | None = None,
    ) -> None:
        self._plant, self._plan, self._law, self._gate = plant, plan, law, gate
        self._on_step, self._on_tick = on_step, on_tick
        self._requested: Cause | None = None
        self._plan_s = 0.0
        self._held_s = 0.0
        self._next_hold = 0
        self._failure: Exception | None = None
        self._last: tuple[Reference, Command] | None = None

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
        plant, plan, law, gate = self._plant, self._plan, self._law, self._gate
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
            law.note_limited(any(entry.cause in PRESS_CAUSES for entry in judgement.limited))
            terms = command.terms
            step = StepRecord(
                t_s, state, reference, terms.p_wt, terms.quaternion_wt, terms.v_wt, command.pads, command.contact,
                command.plan_error_m, judgement.applied(), plant.truth(),
            )  # fmt: skip
            self._tell(step, tick)
            ticks.append((clock() - began) * 1e-3)
            tick += 1
            if gate.is_settled(t_s) or (gate.mode is Mode.RUN and self._plan_s >= plan.duration_s):
                return t_s
            if gate.mode is Mode.RUN:
                self._advance(t_s, dt)

    def _wish(self, state: ArmState, t_s: float) -> tuple[Reference, Command]:
        """Return reference and command; where they cannot be made, stop and hold on to the last ones."""
        try:
            reference = self._plan.at(self._plan_s)
            self._last = reference, self._law.step(state, reference)
        except Exception as error:
            if self._last is None:
                raise
            self._fail(error, t_s)
        return self._last

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
        self._gate.stop(
            StopReason(Cause.INTERNAL_ERROR, f"{type(error).__name__}: {error}", 1.0, 0.0, "errors", t_s,
                       "read the error, then run again")
        )  # fmt: skip

    def _advance(self, t_s: float, dt: float) -> None:
        """Let plan time pass, but wait at the end of an approach until the stroke's force has been reached."""
        if t_s < SETTLE_S:
            return
        after = self._plan_s + dt
        holds = self._plan.hold_times_s
        if self._next_hold < len(holds) and after > holds[self._next_hold]:
            if not self._law.is_working:
                self._held_s += dt
                if self._held_s > HOLD_LIMIT_S:
                    self._gate.stop(
                        StopReason(Cause.NO_CONTACT, "wait for the stroke's press force", self._held_s, HOLD_LIMIT_S,
                                   "s", t_s, "check where the person lies and the tool")
                    )  # fmt: skip
                return
            self._next_hold += 1
            self._held_s = 0.0
        self._plan_s = after


def _requested_stop(cause: Cause, t_s: float) -> StopReason:
    return StopReason(cause, "request to stop", 1.0, 0.0, "requests", t_s, "run again when the person is ready")

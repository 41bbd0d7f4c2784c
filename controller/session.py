"""The one loop that drives every plant: read, reference, command, judge, apply, record."""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from controller.air.watch import AirWatch
from controller.law.impedance_force import ImpedanceForceLaw
from controller.observers import ClearedEvent, Observer, Observers, RequestEvent, SessionEvent
from controller.operator import NO_REQUESTS, Asked, Operator, Request, Requests
from controller.path_gains import PathGains
from controller.plan_clock import PlanClock
from controller.plant import Plant, TruthSource
from controller.safety.gate import Gate, Judgement
from controller.safety.own_time import OwnTime
from controller.safety.reaction import stop_reason
from controller.session_result import LoopTiming, SessionResult
from controller.steering.pain_map import PainMap
from controller.stops import Stops
from controller.types import (
    ArmState,
    Authority,
    Cause,
    Clearance,
    Command,
    ContactState,
    Mode,
    PlanLike,
    Reference,
    StepRecord,
)
from controller.watches import Watches
from controller.ways import Ways

TOUCHING = (ContactState.CONTACT, ContactState.WORK)
PRESS_CAUSES = frozenset({Cause.PRESS_LIMIT, Cause.PRESS_SPEED, Cause.LOADING_RATE, Cause.TORQUE_LIMIT})
"""Limits that lower the press force, so that its integral must not wind up."""


class Session:
    """Runs one plan on one plant, one period at a time.

    The loop belongs to the caller: ``with session:`` around ``while session.tick(): ...``, or ``session.run()``.
    Leaving it early makes the plant safe and lets the error that ended it through. The arm is first driven to where the
    plan begins; a completed session ends with the arm at rest, and only then is the enable dropped.

    Args:
        plant: the arm, activated at the plan's ``rest_q_rad``.
        plan: what to do.
        law: how to do it.
        gate: what is allowed.
        observers: who sees every step and event, in the order they are called.
        operator: whose requests are heard; without one every stop ends the session.
        truth: what the simulation knows; None on hardware.
        air: checks arm, tool and sensor in the air before they are trusted; None trusts them.
    """

    def __init__(
        self,
        plant: Plant,
        plan: PlanLike,
        law: ImpedanceForceLaw,
        gate: Gate,
        *,
        observers: Sequence[Observer] = (),
        operator: Operator | None = None,
        truth: TruthSource | None = None,
        air: AirWatch | None = None,
    ) -> None:
        self._plant, self._plan, self._law, self._gate = plant, plan, law, gate
        self._observers, self._operator, self._truth = Observers(observers), operator, truth
        pain = None if operator is None else PainMap(plan, law.robot.arm.tool.only_pad("the plan clock").radius_m)
        self._clock = PlanClock(plan, plant.rig.dt_s, pain)
        self._touched: Command | None = None
        self._outlook: Requests = NO_REQUESTS
        self._requested: Cause | None = None
        self._failure: Exception | None = None
        self._last: tuple[Reference, Command] | None = None
        self._time = OwnTime(plant.rig.dt_s, gate.limits.late_s)
        self._ways = Ways(plan, law.robot, plant.rig.dt_s, PathGains.of(gate.limits.stop))
        self._watches = Watches(plan, plant.rig.dt_s, air)
        self._stops = Stops(gate)
        self._t_s = self._wall_s = 0.0
        self._ticks, self._longest_ns = 0, 0
        self._is_over = self._is_closed = self._is_collector_off = self._has_raised = False

    def request_stop(self, cause: Cause = Cause.OPERATOR) -> None:
        """Stop from outside the loop (signal handler): the arm leaves the skin and parks, then the session ends."""
        self._requested = cause

    @property
    def result(self) -> SessionResult:
        """How the session ended, or how far it is."""
        timing = LoopTiming(self._ticks, self._longest_ns * 1e-3, self._wall_s)
        return SessionResult(self._gate.stop_reason, self._t_s, timing, self._stops.all)

    def run(self) -> SessionResult:
        """Run until the plan is done or a stop has settled; the plant is safe when this returns or raises."""
        with self:
            began = time.perf_counter()
            try:
                while self.tick() is not None:
                    pass
            finally:
                self._wall_s = time.perf_counter() - began
        return self.result

    def tick(self) -> StepRecord | None:
        """Let one period pass.

        Returns:
            Its record; None once the session is over and the plant is safe.

        Raises:
            Exception: of the plant at once; of law or a critical observer once the arm has left the skin and come to
                rest. The plant is safe then.
        """
        try:
            if not self._is_over:
                return self._tick()
            self._raise_failure()
        except BaseException as error:
            self._close_after(error)
            raise
        self.close()
        return None

    def close(self) -> None:
        """Make the plant safe and end the session, whatever state it is in; later calls do nothing."""
        self._is_over = True
        if self._is_collector_off:
            self._is_collector_off = False
            gc.enable()
            gc.unfreeze()
        if not self._is_closed:
            self._is_closed = True
            self._plant.safe()

    def __enter__(self) -> Self:
        """Keep the garbage collector out of the loop."""
        gc.collect()
        gc.freeze()
        gc.disable()
        self._is_collector_off = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close; an error on its way out is never replaced by a later one, and a failure of the session not lost."""
        if error is not None:
            self._close_after(error)
            return
        self.close()
        self._raise_failure()

    def _raise_failure(self) -> None:
        """Raise what failed in the session, once."""
        if self._failure is not None and not self._has_raised:
            self._has_raised = True
            raise self._failure

    def _close_after(self, error: BaseException) -> None:
        try:
            self.close()
        except Exception as later:
            error.add_note(f"then the plant could not be made safe: {type(later).__name__}: {later}")

    def _tick(self) -> StepRecord:
        plant, gate = self._plant, self._gate
        clock = time.perf_counter_ns
        began = clock()
        state, clock_s = self._read()
        self._t_s = t_s = state.t_s
        self._hear(state)
        reference, command = self._plan_and_command(state, t_s)
        if command.contact in TOUCHING and gate.mode is Mode.RUN:
            # The law of a stopped arm still believes in the contact that it had.
            self._touched = command
        if gate.mode is Mode.RUN:
            self._watch(state, reference, command)
        judgement = gate.judge(command, state, reference, clock_s)
        plant.apply(judgement.command)
        self._note(judgement)
        terms = command.terms
        step = StepRecord(
            t_s, state, reference, terms.p_wt, terms.quaternion_wt, terms.v_wt, command.pads, command.contact,
            command.plan_error_m, judgement.applied(), () if self._truth is None else self._truth.truth(),
        )  # fmt: skip
        self._show(step)
        self._ticks, self._longest_ns = self._ticks + 1, max(self._longest_ns, clock() - began)
        self._go_on(state, command)
        return step

    def _read(self) -> tuple[ArmState, float]:
        """Return the state with the time that is believed, and the time as the clock says, which the gate judges."""
        state = self._plant.read()
        clock_s = state.t_s
        self._time.step(clock_s, has_drives=state.authority is Authority.HOST)
        now_s = self._time.now_s
        return (state if now_s == clock_s else replace(state, t_s=now_s)), clock_s

    def _hear(self, state: ArmState) -> None:
        """Take or refuse what was asked for since the last tick."""
        if self._requested is not None and not self._stops.is_ending:
            self._stops.is_ending = True
            self._stops.stop(self._requested, state.t_s)
            self._tell(state.t_s, RequestEvent(Request.STOP, Clearance.OPERATOR, True, "the arm parks, then it ends"))
        if self._operator is None:
            return
        try:
            self._outlook = self._operator.poll(state.t_s)
            for asked in self._outlook.asked:
                is_taken, text = self._take(asked, state)
                self._tell(state.t_s, RequestEvent(asked.request, asked.who, is_taken, text))
        except Exception as error:
            # A session whose operator is not heard any more must not go on.
            self._operator, self._outlook = None, NO_REQUESTS
            self._fail(error, state.t_s)

    def _take(self, asked: Asked, state: ArmState) -> tuple[bool, str]:
        """Take or refuse a request; return which of both, and what follows or why."""
        match asked.request:
            case Request.STOP:
                return True, self._stops.ask(state.t_s)
            case Request.CLEAR:
                return self._stops.clear(asked.who, state)
            case Request.HURTS_HERE:
                return self._spare()
            case _ if self._ways.is_ending:
                return False, "the plan is done; the arm is on its way to rest"
            case _:
                return self._clock.take(asked.request, is_stopped=self._gate.mode is not Mode.RUN)

    def _spare(self) -> tuple[bool, str]:
        """Spare the place that the pad presses now, or pressed last."""
        if self._touched is None:
            return False, "nothing has been pressed yet"
        (pad,) = self._touched.pads
        return self._clock.spare(self._touched.terms.p_wt, pad.normal_w)

    def _go_on(self, state: ArmState, command: Command) -> None:
        """Decide after a tick whether there is a next one, and let plan time pass."""
        gate = self._gate
        if self._stops.note():
            self._ways.break_off()
        if gate.is_settled:
            if not self._leaves_rest(state):
                self._is_over = not self._stops.is_waiting(state, self._outlook.may_clear)
                return
        elif gate.mode is Mode.RUN and self._clock.is_over and not self._ways.is_driving:
            self._is_over = self._ways.is_done()
            return
        if gate.mode is Mode.RUN and not self._ways.is_driving:
            self._advance(state.t_s, max(pad.press_n for pad in command.pads))

    def _advance(self, t_s: float, press_n: float) -> None:
        """Let plan time pass; leave a stroke out where that is asked for and the tool is off the skin."""
        may_resume = self._outlook.may_resume
        try:
            stop = self._clock.advance(t_s, is_working=self._law.is_working, may_resume=may_resume, press_n=press_n)
        except Exception as error:
            self._fail(error, t_s)
            return
        if stop is not None:
            self._gate.stop(stop)
        elif self._operator is not None and self._clock.skip_to_s is not None:
            self._clock.skip()
            self._law.restart()
            self._ways.over_waypoint(self._clock.reference().posture_rad)

    def _leaves_rest(self, state: ArmState) -> bool:
        """Go on from rest where the stop was cleared; False where it was not.

        The arm is driven slowly back to where the transfer to the interrupted stroke began, and goes on from there; one
        that was on its way to the plan's start or to rest goes on with that.
        """
        stop, cleared = self._gate.stop_reason, self._stops.cleared_by(state)
        if stop is None or cleared is None:
            return False
        who, is_valid = cleared
        if not is_valid:
            text = "something worse has happened since; clear it again"
            self._tell(state.t_s, RequestEvent(Request.CLEAR, who, False, text))
            return False
        try:
            self._plant.resume()
        except Exception as error:
            self._fail(error, state.t_s)
            return False
        self._gate.clear(who)
        self._time.resume()
        self._law.restart()
        self._watches.resume()
        self._last = None
        if not self._ways.is_ending:
            self._clock.go_back()
            self._watches.restart(self._clock.time_s)
        self._ways.resume(state.q_rad, self._clock.reference().posture_rad)
        self._tell(state.t_s, ClearedEvent(stop, who))
        return True

    def _watch(self, state: ArmState, reference: Reference, command: Command) -> None:
        """Look at person and free air; where that cannot be done, the session must not go on."""
        try:
            if stop := self._watches.see(state, reference, command, is_driving=self._ways.is_driving):
                self._gate.stop(stop)
        except Exception as error:
            self._fail(error, state.t_s)
        for event in self._watches.events():
            self._tell(state.t_s, event)

    def _note(self, judgement: Judgement) -> None:
        """Tell the law what became of its command; one comparison where nothing did."""
        is_limited = bool(judgement.limited) and any(entry.cause in PRESS_CAUSES for entry in judgement.limited)
        self._law.note_sent(judgement.command.tau_nm, is_limited, judgement.gain_share)

    def _plan_and_command(self, state: ArmState, t_s: float) -> tuple[Reference, Command]:
        """Return reference and command; where they cannot be made, stop and keep the last ones."""
        try:
            planned = self._clock.reference()
            self._ways.begin(state.q_rad, planned.posture_rad)
            reference = self._ways.labelled(planned)
            command = self._law.step(state, planned if self._ways.is_standing else reference)
            if self._gate.mode is Mode.PARK:
                command = self._park(command, state)
            elif self._gate.mode is Mode.RUN and self._ways.is_driving:
                command = self._drive(command, state)
            self._last = reference, command
        except Exception as error:
            if self._last is None:
                raise
            self._fail(error, t_s)
        return self._last

    def _park(self, command: Command, state: ArmState) -> Command:
        """Return the command that drives a stopped arm on to its rest."""
        command = self._ways.park(command, state)
        self._stop_where_blocked("arm held back while parking", state.t_s)
        if self._ways.is_parked:
            self._gate.note_parked()
        return command

    def _drive(self, command: Command, state: ArmState) -> Command:
        """Return the command that drives the arm to where the plan begins or goes on, or from its end to rest."""
        command = self._ways.drive(command, state)
        self._stop_where_blocked("arm held back on its way", state.t_s)
        if not self._ways.is_driving and not self._ways.is_at_rest:
            self._clock.settle()
            self._law.restart()
        return command

    def _stop_where_blocked(self, what: str, t_s: float) -> None:
        if self._ways.is_blocked:
            self._gate.stop(stop_reason(Cause.WORKSPACE, what, 1.0, 0.0, "times", t_s))

    def _show(self, step: StepRecord) -> None:
        """Show a step, of the way to rest too, to the observers; a critical one that fails stops session, not loop."""
        try:
            self._observers.show_step(step)
        except Exception as error:
            self._fail(error, step.t_s)

    def _tell(self, t_s: float, event: SessionEvent) -> None:
        """Show an event to the observers, as a step is shown."""
        try:
            self._observers.show_event(t_s, event)
        except Exception as error:
            self._fail(error, t_s)

    def _fail(self, error: Exception, t_s: float) -> None:
        """Latch a stop for an error of our own, so that the arm leaves the skin before the error is raised."""
        self._failure = self._failure or error
        self._stops.is_ending = True
        self._gate.stop(stop_reason(Cause.INTERNAL_ERROR, f"{type(error).__name__}: {error}", 1.0, 0.0, "errors", t_s))

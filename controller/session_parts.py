"""The one place where limits, law, gate and session are put together from a plan and an arm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from controller.air.survey import AirSurvey
from controller.air.watch import AirWatch
from controller.bounds import StrokeBound, law_settings, refuse_unbounded, refuse_unstable, refuse_weak, stroke_bounds
from controller.certificate.certificate import CompiledCertificate
from controller.joint_drag import refuse_dragging
from controller.law.gains import ForceGains, LawSettings
from controller.law.impedance_force import ImpedanceForceLaw
from controller.law_fit import LawFit, fit_law, refuse_ringing
from controller.observers import Observer
from controller.operator import Operator
from controller.own_model import OwnModel
from controller.plant import Plant, TruthSource
from controller.press_cap import CapFit, fit_press_cap, refuse_swinging_cap
from controller.rig import Caps, Rig
from controller.robot import RobotModel
from controller.safety.gate import Gate
from controller.safety.limits import SESSION_CEILING_S, GateLimits
from controller.safety.supervision import SupervisorLimits
from controller.session import Session
from controller.session_limits import PRESS_DAMPING_PER_S, session_limits, supervisor_limits, with_cap_slope
from controller.stop_gains import LoopTiming, refuse_swinging
from controller.types import PlanLike

RECHECK_TICKS = 50
"""On real plants the gate judges so many-th of the ticks that the certificate lets pass as well (design choice: a
certificate that errs is found within 50 ms at 1 kHz, for a fiftieth of the time that the gate takes)."""


@dataclass(frozen=True, slots=True, eq=False)
class SessionParts:
    """What a session is made from; law, gate and session are made fresh by every call.

    Attributes:
        plan: the plan.
        robot: rigid-body model of the arm at its place; the laws made here share it: one session at a time.
        limits: limits of the gate.
        bounds: worst-case press force of every stroke under these limits.
        gains: gains of the force loop.
        rig: the rig that the session is for.
        fit: settings of the law that follow from arm, plan and rig, and the margin under them.
        cap: slope of the press-speed cap, and the margin with it; None where the limits were given.
        recheck_ticks: the gate judges every so many-th tick that is certified as well, 0 for none; None for
            ``RECHECK_TICKS`` on a real plant, and none in simulation.
        is_certified: nominal ticks are judged by the compiled certificate where the tool has one pad.
    """

    plan: PlanLike
    robot: RobotModel
    limits: GateLimits
    bounds: tuple[StrokeBound, ...]
    gains: ForceGains
    rig: Rig
    fit: LawFit
    cap: CapFit | None = None
    recheck_ticks: int | None = None
    is_certified: bool = True

    @classmethod
    def of(
        cls,
        plan: PlanLike,
        robot: RobotModel,
        gains: ForceGains,
        rig: Rig,
        person: Caps | None = None,
        limits: GateLimits | None = None,
    ) -> Self:
        """Return the parts for a plan on an arm; bounds always follow from the limits.

        Args:
            plan: the plan.
            robot: the arm at its place.
            gains: gains of the force loop.
            rig: the rig that the session is for.
            person: caps of the person on the table, None for none.
            limits: limits of the gate, those of the plan on this arm and rig where None.

        Raises:
            ConfigError: a cap of rig or person would loosen a limit.
        """
        chosen = session_limits(plan, robot, rig, person) if limits is None else limits
        bounds = stroke_bounds(plan, robot, chosen)
        fit = fit_law(plan, robot, gains, law_settings(bounds), rig)
        cap = fit_press_cap(plan, robot, gains, fit.settings, rig) if limits is None else None
        if cap is not None and cap.rate_per_s != PRESS_DAMPING_PER_S:
            chosen = with_cap_slope(chosen, plan, cap.rate_per_s)
            bounds = stroke_bounds(plan, robot, chosen)
        return cls(plan, robot, chosen, bounds, gains, rig, fit, cap)

    @property
    def settings(self) -> LawSettings:
        """Settings of the law that follow from the arm and the plan."""
        return self.fit.settings

    def refuse_unsafe(self) -> None:
        """Refuse a plan whose worst case passes a ceiling, an arm that is too weak or drags, gains without a margin.

        Raises:
            PlanError: names the stroke, what was found and what is allowed.
        """
        if self.cap is not None:
            # Before the bounds: they rise with a flat cap, and would blame the force for the joints.
            refuse_swinging_cap(self.cap)
        refuse_unbounded(self.bounds)
        refuse_weak(self.plan, self.robot, self.limits)
        designed = law_settings(self.bounds)
        refuse_dragging(self.plan, self.robot, self.limits, designed.touch_n)
        refuse_unstable(self.plan, self.gains, designed, self.rig.loop_lag_ticks, self.rig.dt_s)
        refuse_ringing(self.fit, self.plan, self.robot, self.gains, designed, self.rig)
        refuse_swinging(self.plan, self.robot, self.limits.stop, LoopTiming.of(self.rig))

    def law(self) -> ImpedanceForceLaw:
        """Return a fresh control law."""
        return ImpedanceForceLaw(self.robot, self.gains, self.settings, self.rig.dt_s, self.rig.drive_lag_s)

    def gate(self) -> Gate:
        """Return a fresh gate."""
        return self._gate_of(self.limits)

    def supervisor_limits(self) -> SupervisorLimits:
        """Return what the supervisor holds host and arm against."""
        return supervisor_limits(self.limits)

    def session(
        self,
        plant: Plant,
        observers: Sequence[Observer] = (),
        operator: Operator | None = None,
        *,
        truth: TruthSource | None = None,
        gate: Gate | None = None,
        is_air_checked: bool = True,
    ) -> Session:
        """Return a session with a fresh law, ready to run on a plant that stands at the start of the plan.

        Args:
            plant: the arm.
            observers: who sees every step and event.
            operator: whose requests are heard; without one every stop ends the session.
            truth: what the simulation knows; None on hardware.
            gate: a fresh gate of these parts whose state the caller reads; None for one of the session's own.
            is_air_checked: arm, tool and sensor are checked in the air before they are trusted; only tests of what the
                other layers do without it leave it out.
        """
        own = self._gate_for(operator) if gate is None else gate
        law = self.law()
        air = AirWatch(law, own.correct) if is_air_checked else None
        return Session(plant, self.plan, law, own, observers=observers, operator=operator, truth=truth, air=air)

    def survey(self, plant: Plant, truth: TruthSource | None = None) -> tuple[Session, AirSurvey]:
        """Return a session for a tour through free air, and what collects what the arm shows on it.

        Args:
            plant: the arm.
            truth: what the simulation knows; None on hardware.
        """
        law, gate = self.law(), self.gate()
        survey = AirSurvey(law, gate.correct)
        return Session(plant, self.plan, law, gate, truth=truth, air=survey), survey

    def _gate_for(self, operator: Operator | None) -> Gate:
        """Return a fresh gate; a session that a person may pause and slow down has all the time there is."""
        if operator is None:
            return self.gate()
        return self._gate_of(replace(self.limits, session_s=SESSION_CEILING_S))

    def _gate_of(self, limits: GateLimits) -> Gate:
        """Return a fresh gate with a model of the arm of its own, and with the certificate of its nominal ticks."""
        model, dt_s = OwnModel(self.robot.arm, self.robot.placement), self.rig.dt_s
        if not self.is_certified or len(limits.pads) != 1:
            return Gate(limits, dt_s, model)
        ticks = self.recheck_ticks
        if ticks is None:
            ticks = 0 if self.rig.is_simulated else RECHECK_TICKS
        return Gate(limits, dt_s, model, CompiledCertificate(limits, dt_s, model), ticks)

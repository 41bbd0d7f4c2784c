"""The moments of one session at which faults come: one in each of its phases, drawn by the seed of the session."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

import numpy as np

from controller.operator import NO_REQUESTS, Asked, Request, Requests
from controller.types import Cause, Clearance, ContactState, Mode, Phase, StepRecord

CREST_SHARE, CREST_RATE_N_PER_S = 0.97, 1e-3
"""Work: the reference has reached this share of the set-point and rises no faster than this."""


class FaultPhase(enum.StrEnum):
    """In which phase of a session a fault comes."""

    TRANSFER = "transfer"
    """Free motion to the stroke."""
    APPROACH = "approach"
    """On the way down to the skin, before the first contact."""
    LANDING = "landing"
    """Within some ms of the first contact."""
    WORK = "work"
    """At the crest of the press force."""
    LIFT = "lift"
    """On the way off the skin after the stroke."""
    PARKING = "parking"
    """While the arm is driven to rest after a stop by the operator."""
    FLOATING = "floating"
    """While the arm floats off the skin after a stop that leaves it there."""
    RETURN = "return"
    """On the way back to the stroke after a stop by the operator that has been cleared."""


AFTER_STOP = (FaultPhase.PARKING, FaultPhase.FLOATING, FaultPhase.RETURN)
"""Phases that a session only comes to after a stop; each is a branch of its own, stopped at the crest."""

DELAY_S: dict[FaultPhase, tuple[float, float]] = {
    FaultPhase.TRANSFER: (0.6, 2.9),
    FaultPhase.APPROACH: (0.1, 1.0),
    FaultPhase.LANDING: (0.0, 0.02),
    FaultPhase.WORK: (0.0, 0.0),
    FaultPhase.LIFT: (0.05, 0.8),
    FaultPhase.PARKING: (0.05, 6.0),
    FaultPhase.FLOATING: (0.0, 3.0),
    FaultPhase.RETURN: (0.5, 8.0),
}
"""Least and most time from the beginning of a phase to the fault [s]: inside the shortest one of all bodies and arms;
of the transfer from the beginning of the session, which rests before it moves."""


@dataclass(frozen=True, slots=True)
class Now:
    """What tells the phase of a tick.

    Attributes:
        t_s: session time.
        mode: mode of the gate.
        plan: phase of the plan, or of a way outside it.
        contact: what the law takes the contact for.
        press_n: true press force.
        is_crest: the wanted press force is at its crest.
    """

    t_s: float
    mode: Mode
    plan: Phase
    contact: ContactState
    press_n: float
    is_crest: bool

    @classmethod
    def of(cls, step: StepRecord, mode: Mode, force_n: float) -> Now:
        """Return what a step tells, at a set-point [N]."""
        (pad,) = step.reference.pads
        is_high = pad.press_n >= CREST_SHARE * force_n and pad.press_rate_n_per_s <= CREST_RATE_N_PER_S
        is_crest = is_high and step.contact is ContactState.WORK
        press_n = step.truth[0].press_n if step.truth else 0.0
        return cls(step.t_s, mode, step.reference.phase, step.contact, press_n, is_crest)

    def is_in(self, phase: FaultPhase) -> bool:
        """Return True where this tick belongs to a phase; work and landing count from their first tick on."""
        is_run = self.mode is Mode.RUN
        match phase:
            case FaultPhase.TRANSFER:
                return is_run and self.plan is Phase.TRANSFER
            case FaultPhase.APPROACH:
                return is_run and self.plan is Phase.APPROACH and not self.press_n > 0.0
            case FaultPhase.LANDING:
                return is_run and self.plan is Phase.APPROACH and self.press_n > 0.0
            case FaultPhase.WORK:
                return is_run and self.is_crest
            case FaultPhase.LIFT:
                return is_run and self.plan is Phase.LIFT
            case FaultPhase.PARKING:
                return self.mode is Mode.PARK
            case FaultPhase.FLOATING:
                return self.mode is Mode.FLOAT
            case FaultPhase.RETURN:
                return is_run and self.plan is Phase.TO_PLAN


class Moments:
    """Says when the moment of a phase has come, tick by tick.

    Args:
        seed: of the session; it draws how long after the beginning of a phase its moment is.
    """

    def __init__(self, seed: int) -> None:
        shares = np.random.default_rng([seed, len(FaultPhase)]).random(len(FaultPhase)).tolist()
        self._delay_s = {
            phase: least + share * (most - least)
            for share, (phase, (least, most)) in zip(shares, DELAY_S.items(), strict=True)
        }
        self._began_s = dict.fromkeys(FaultPhase, math.nan)
        self._past: set[FaultPhase] = set()

    def due(self, now: Now) -> tuple[FaultPhase, ...]:
        """Return the phases whose moment is this tick; each comes once."""
        found = []
        for phase in FaultPhase:
            if phase in self._past or not now.is_in(phase):
                continue
            if math.isnan(self._began_s[phase]):
                self._began_s[phase] = now.t_s
            if now.t_s - self._began_s[phase] >= self._delay_s[phase]:
                self._past.add(phase)
                found.append(phase)
        return tuple(found)


class Desk:
    """The operator of a session, who stops it for the phases after a stop and clears where it goes on."""

    def __init__(self) -> None:
        self._asked: list[Request] = []

    def stop_and_clear(self) -> None:
        """Stop at the next poll and clear that stop at the one after, for the time when the arm is at rest."""
        self._asked = [Request.STOP, Request.CLEAR]

    def poll(self, _t_s: float) -> Requests:
        """Return what is asked for now; nobody may clear any other stop."""
        if not self._asked:
            return NO_REQUESTS
        return Requests((Asked(self._asked.pop(0), Clearance.OPERATOR_AT_ARM),), Clearance.OPERATOR_AT_ARM)


STOPPED_BY = {FaultPhase.PARKING: Cause.OPERATOR, FaultPhase.FLOATING: Cause.WORKSPACE}
"""What leads a session into a phase after a stop, other than the operator who clears it."""

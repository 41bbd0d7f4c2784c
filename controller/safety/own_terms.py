"""The gate's own rigid-body terms: what it judges, limits, audits and reacts with does not come from the law."""

from __future__ import annotations

import math

from controller.safety.projection import is_shaped
from controller.safety.reaction import stop_reason
from controller.types import (
    DRIVEN_PHASES,
    ArmState,
    Cause,
    Command,
    Kinematics,
    Matrix,
    Reference,
    StopReason,
    ToolTerms,
    Vector,
)

NO_TERMS = ToolTerms((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0), (0.0, 0.0, 0.0, 0.0, 0.0, 0.0), (), (), ())
"""Of an arm about which nothing is known."""
MOST_CORRECTION = 0.5
"""Share of a joint's torque limit that a correction of the masses may change its holding torque by (design choice: a
refused arm is held by what was measured, however far it is off; more is an error of the measurement)."""


class OwnTerms:
    """Replaces what a law says of the arm by what the arm's own model says.

    Without a model everything stays as the law says it: for tests of what the other rules do.

    Args:
        kinematics: the model; None for none.
        torque_nm: torque limits of the joints, (n,).
    """

    def __init__(self, kinematics: Kinematics | None, torque_nm: Vector) -> None:
        self._kinematics, self._torque_nm = kinematics, torque_nm
        self._joints = len(torque_nm)
        self._q_rad: Vector = ()
        self.last: ToolTerms | None = None
        """The last terms that the model has given, with the twist of T by the joint speeds."""
        self.failure = ""
        """What is wrong with the model in this tick, in words; empty where nothing is."""
        self.is_current = False
        """The model has given the terms of this tick: a stopped arm needs no command for them."""

    def judged(self, command: Command, state: ArmState, reference: Reference, *, is_stopped: bool) -> Command:
        """Return a command with own terms and the planned speed of the surface; of the law's terms its twist is left.

        Where joint positions or speeds cannot be used, or the model fails, the last good terms are taken.

        Args:
            command: what the law asks for.
            state: what the senses say.
            reference: what the plan wants; on driven ways its twist says nothing, and the driver's speed stays.
            is_stopped: the torques are those of parking, on top of the law's holding torque: they are put on the own.
        """
        if self._kinematics is None:
            return command
        self.failure, self.is_current = "", False
        self._update(self._kinematics, state)
        own = self.last
        if own is None:
            # Before the first good state nothing of the arm's own is known: as the law says, unless the model fails.
            own = NO_TERMS if self.failure else command.terms
        x, y, z = command.surface_velocity_w if reference.phase in DRIVEN_PHASES else reference.twist[:3]
        momentum, drift = (own.momentum_nms, own.drift_nm) if self.is_current else ((), ())
        terms = ToolTerms(
            own.p_wt, own.quaternion_wt, command.terms.v_wt, own.jacobian, own.jbar_t, own.bias_nm, momentum, drift
        )
        tau_nm = command.tau_nm
        if is_stopped:
            each = zip(tau_nm, own.bias_nm, command.terms.bias_nm, strict=False)
            tau_nm = tuple([tau + bias - told for tau, bias, told in each])
        return Command(tau_nm, terms, command.pads, command.contact, (x, y, z), command.plan_error_m)

    def take(self, terms: ToolTerms | None, q_rad: Vector) -> None:
        """Take over what the model has given to another judge of the last tick.

        Args:
            terms: the terms, with the twist of T by the joint speeds.
            q_rad: joint positions that they are of, (n,).
        """
        self.last, self._q_rad, self.is_current = terms, q_rad, True

    def failed(self, t_s: float) -> StopReason | None:
        """Return the stop of a model that has failed in this tick, or None."""
        return stop_reason(Cause.INTERNAL_ERROR, self.failure, 1.0, 0.0, "errors", t_s) if self.failure else None

    def _update(self, kinematics: Kinematics, state: ArmState) -> None:
        q_rad, dq_rad_s = state.q_rad, state.dq_rad_s
        is_whole = len(q_rad) == len(dq_rad_s) == self._joints
        if not (is_whole and math.isfinite(sum(q_rad) + sum(dq_rad_s))):
            return
        try:
            found = kinematics(q_rad, dq_rad_s)
            if is_shaped(found, self._joints) and math.isfinite(_total(found)):
                self.last, self._q_rad, self.is_current = found, q_rad, True
                return
            self.failure = "own kinematics: terms that are no numbers"
        except Exception as error:
            self.failure = f"own kinematics, {type(error).__name__}: {error}"

    def correct(self, additions: Matrix) -> None:
        """Take over what free air has shown of the links' masses, in place of what was taken over before.

        Args:
            additions: to mass [kg] and first moments (3) [kg m] of every link of the file, (n, 4); empty for none.

        Raises:
            ValueError: it changes what holds the arm where it is by too much, or it is not known where that is; the
                links are those of the file then.
        """
        kinematics = self._kinematics
        if kinematics is None:
            return
        kinematics.correct(())
        if not additions:
            return
        q_rad, standing = self._q_rad, (0.0,) * self._joints
        if not q_rad:
            raise ValueError("correction of the masses before a posture is known; allowed: after the first tick")
        before = kinematics(q_rad, standing).bias_nm
        kinematics.correct(additions)
        after = kinematics(q_rad, standing).bias_nm
        for joint, (old, new, most) in enumerate(zip(before, after, self._torque_nm, strict=True)):
            if not abs(new - old) <= MOST_CORRECTION * most:
                kinematics.correct(())
                allowed = f"allowed: {MOST_CORRECTION * most:.3g} Nm"
                raise ValueError(
                    f"correction of the torque that holds joint {joint + 1}: {new - old:.3g} Nm; {allowed}"
                )


def _total(terms: ToolTerms) -> float:
    """Return the sum of all numbers of the terms, which is finite where each of them is."""
    rows = sum([sum(row) for row in terms.jacobian]) + sum([sum(row) for row in terms.jbar_t])
    return rows + sum(terms.bias_nm) + sum(terms.p_wt) + sum(terms.quaternion_wt) + sum(terms.v_wt)

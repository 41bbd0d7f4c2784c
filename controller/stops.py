"""The stops of a session: who may clear them, and whether a stopped arm at rest waits for that."""

from __future__ import annotations

from dataclasses import dataclass

from controller.operator import CLEARANCES
from controller.safety.gate import Gate
from controller.safety.reaction import stop_reason
from controller.types import Action, ArmState, Authority, Cause, Clearance, Mode, StopReason

WAIT_LIMIT_S = 600.0
"""Longest wait at rest beside the person for a stop to be cleared (assumed)."""
CONFIRM_S = 3.0
"""A floating arm is over a person, and its brakes may close once somebody has looked and says so. A session whose
operator does not do that has a simulated one who takes so long (design choice)."""


@dataclass(frozen=True, slots=True)
class _Clear:
    """A clear that waits for the arm to be at rest.

    Attributes:
        who: rank of the person.
        action: what the stop made the arm do when it was cleared; a later fault raises it and voids the clear.
    """

    who: Clearance
    action: Action


class Stops:
    """Keeps what was stopped and cleared; the gate decides what the arm does.

    Args:
        gate: where stops are latched.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._clear: _Clear | None = None
        self._rests_since_s: float | None = None
        self._all: list[StopReason] = []
        self.is_ending = False
        """The present stop, or the next one, is the last: it is not cleared any more."""

    @property
    def all(self) -> tuple[StopReason, ...]:
        """Every stop so far, the cleared ones too, in order."""
        return tuple(self._all)

    def note(self) -> bool:
        """Return True where the gate has latched a stop since the last call."""
        stop = self._gate.stop_reason
        if stop is None or (self._all and self._all[-1] is stop):
            return False
        self._all.append(stop)
        self._rests_since_s = None
        return True

    def stop(self, cause: Cause, t_s: float) -> None:
        """Latch a stop that somebody asks for."""
        self._gate.stop(stop_reason(cause, "request to stop", 1.0, 0.0, "requests", t_s))

    def ask(self, t_s: float) -> str:
        """Stop, or end the session where it is stopped already; return what follows."""
        if self._gate.stop_reason is not None:
            self.is_ending = True
            return "the session ends once the arm is at rest"
        self.stop(Cause.OPERATOR, t_s)
        return "the arm leaves the skin and parks"

    def clear(self, who: Clearance, state: ArmState) -> tuple[bool, str]:
        """Let a person clear the stop, which takes effect once the arm is at rest.

        Args:
            who: rank of the person.
            state: what the senses say.

        Returns:
            Whether it is taken, and what follows or why it is not.
        """
        stop = self._gate.stop_reason
        if stop is None:
            return False, "nothing is stopped"
        if self.is_ending:
            return False, "the session is ending"
        needed = self._needed(state)
        if not _is_enough(who, needed):
            return False, f"the stop by {stop.cause} is cleared by: {needed}; got: {who}"
        self._clear = _Clear(who, self._gate.action)
        return True, "the session goes on once the arm is at rest"

    def cleared_by(self, state: ArmState) -> tuple[Clearance, bool] | None:
        """Return who has cleared the stop of an arm at rest, and whether that still holds; None where nobody has.

        Every clear is returned once. It is void where something worse has happened since.
        """
        stop, clear = self._gate.stop_reason, self._clear
        self._clear = None
        if stop is None or clear is None or self.is_ending:
            return None
        return clear.who, self._gate.action is clear.action and _is_enough(clear.who, self._needed(state))

    def is_waiting(self, state: ArmState, may_clear: Clearance) -> bool:
        """Return True while a stopped arm at rest waits for somebody.

        A parked arm waits for who may clear the stop. A floating one waits for that without end, and else until
        somebody confirms that its brakes may close. One that holds the torque of its last known posture cannot wait.

        Args:
            state: what the senses say.
            may_clear: highest rank from which a clear may still come.
        """
        if self._gate.stop_reason is None:
            return False
        if self._rests_since_s is None:
            self._rests_since_s = state.t_s
        waited_s = state.t_s - self._rests_since_s
        is_floating = self._gate.mode is Mode.FLOAT and state.authority is not Authority.NOBODY
        if is_floating and self._gate.is_blind:
            return False
        if is_floating and waited_s < CONFIRM_S:
            return True
        if self.is_ending or not _is_enough(may_clear, self._needed(state)):
            return False
        return is_floating or waited_s < WAIT_LIMIT_S

    def _needed(self, state: ArmState) -> Clearance:
        """Return who may clear the stop now; drives that somebody else holds need more than its causes do."""
        return self._gate.clearance if state.authority is Authority.HOST else Clearance.SERVICE


def _is_enough(who: Clearance, needed: Clearance) -> bool:
    return CLEARANCES.index(who) >= CLEARANCES.index(needed)

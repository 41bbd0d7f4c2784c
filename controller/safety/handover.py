"""Who judges a tick: a certificate where it is nominal, else the gate; and the memory, always where it is read next.

After a tick that did not pass the gate judges some by itself, so that where much is lowered little time goes into the
way there and back.
"""

from __future__ import annotations

import enum

from controller.safety.certificate import Certificate, Passed, Seen
from controller.safety.memory import recall, remembered
from controller.safety.own_terms import OwnTerms
from controller.safety.stopped_arm import StoppedArm
from controller.types import ArmState, Command, Reference

ALONE_TICKS = 8
"""Ticks that the gate judges by itself before the first one that may pass, and after each that did not (design choice:
to hand the memory over and back takes about as long as the gate needs for one)."""


class _Holder(enum.Enum):
    """Who has the memory of the last tick."""

    GATE = enum.auto()
    BOTH = enum.auto()
    CERTIFICATE = enum.auto()


class Handover:
    """Lets a certificate judge the nominal ticks of one gate.

    Args:
        gate: the gate; what it remembers is read and written by name (``memory.FIELDS``).
        own: its own terms.
        stopped: what leads its arm once it is stopped.
        certificate: who judges nominal ticks.
        joints: number of joints n.
        recheck_ticks: every so many-th tick that passes is judged by the gate as well; 0 for none.
    """

    def __init__(
        self, gate: object, own: OwnTerms, stopped: StoppedArm, certificate: Certificate, joints: int,
        recheck_ticks: int,
    ) -> None:  # fmt: skip
        self._gate, self._own, self._stopped, self._joints = gate, own, stopped, joints
        self._certificate, self._recheck_ticks = certificate, recheck_ticks
        self._alone, self._holder = ALONE_TICKS, _Holder.GATE
        self.passed = 0
        """Ticks that have passed."""
        self.is_due = False
        """The tick that has passed must be judged by the gate as well, and confirmed."""

    def passes(self, command: Command, state: ArmState, reference: Reference, t_s: float) -> Passed | None:
        """Return what the gate would say of a tick in which nothing is stopped; None where it must judge by itself.

        Args:
            command: what the law asks for.
            state: what the senses say.
            reference: what the plan wants.
            t_s: session time as the clock says [s].
        """
        if self._alone > 0:
            self._alone -= 1
            return None
        self.is_due = self._recheck_ticks > 0 and (self.passed + 1) % self._recheck_ticks == 0
        if self._holder is _Holder.GATE and not self._give():
            self._alone = ALONE_TICKS
            return None
        if self.is_due:
            self._level()
        passed = self._certificate.passes(command, state, reference, t_s)
        if passed is None:
            self.take_back()
            return None
        self.passed += 1
        self._holder = _Holder.CERTIFICATE
        return passed

    def take_back(self) -> None:
        """Let the gate remember everything: from here on it judges by itself for some ticks."""
        self._level()
        self._alone, self._holder = ALONE_TICKS, _Holder.GATE

    def confirm(self, *, is_equal: bool) -> bool:
        """Return whether the gate, which has judged a tick that was due, remembers what the certificate does.

        Args:
            is_equal: it lets the command through as the certificate does.
        """
        remembers, seen = remembered(self._gate, self._joints), self._certificate.seen()
        own = Seen(self._own.last, *self._stopped.good, seen.q_rad)
        # Bit for bit, so that no number equals no number.
        is_same = remembers is not None and remembers.bits() == self._certificate.memory().bits()
        is_same = is_same and is_equal and own == seen
        self._holder = _Holder.BOTH if is_same else _Holder.GATE
        return is_same

    def _give(self) -> bool:
        memory = remembered(self._gate, self._joints)
        return memory is not None and self._certificate.take(memory)

    def _level(self) -> None:
        """Let the gate remember what has passed since it judged."""
        if self._holder is _Holder.CERTIFICATE:
            recall(self._gate, self._joints, self._certificate.memory())
            seen = self._certificate.seen()
            self._own.take(seen.own, seen.q_rad)
            self._stopped.note_good(seen.good, seen.outward_w)
            self._holder = _Holder.BOTH

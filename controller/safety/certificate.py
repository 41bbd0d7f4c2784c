"""Who may judge a nominal tick in place of the gate, and what passes between the two.

A certificate answers one question: would the gate let this command through unchanged, with nothing stopped and nothing
lowered? Where it says so, it has also advanced everything that the gate would have remembered. It says no wherever it
is not sure; the gate judges then, from the same memory, and stays the authority.
"""

from __future__ import annotations

from array import array
from itertools import chain
from typing import NamedTuple, Protocol

from controller.types import ArmState, Command, Reference, ToolTerms, Vector, Vector3


class Passed(NamedTuple):
    """What a judgement says of a command that may go out unchanged.

    Attributes:
        tau_nm: torques that may go out, (n,): the command's own; on a driven way, where the gate scales what goes
            beyond the holding torque by 1, as that rounds them.
        holding_nm: torques that hold the arm without touching anything, (n,).
        press_n: static press force of the command.
        press_limit_n: bound in force for it.
        gain_share: what is left of the force loop's gain.
    """

    tau_nm: Vector
    holding_nm: Vector
    press_n: float
    press_limit_n: float
    gain_share: float


class Memory(NamedTuple):
    """What a gate that has stopped nothing remembers from tick to tick, as numbers.

    Attributes:
        numbers: the values of ``memory.FIELDS``, one after the other.
        samples: what ``SpeedCheck`` keeps, oldest first: time [s], number, speed of the fastest joint, positions and
            ways of the joints.
    """

    numbers: Vector
    samples: tuple[Vector, ...]

    def bits(self) -> bytes:
        """Return all of it as it is held: equal where the same numbers, and what is none, come in the same order."""
        return array("d", (*self.numbers, *chain.from_iterable(self.samples))).tobytes()


class Seen(NamedTuple):
    """What the last tick that was certified leaves for a stop, made from the model's numbers only when it is asked for.

    Attributes:
        own: terms of the gate's own model, with the twist of T by the joint speeds.
        good: the same with the twist that the law estimates.
        outward_w: outward normal of the plan.
        q_rad: joint positions that the terms are of, (n,).
    """

    own: ToolTerms | None
    good: ToolTerms | None
    outward_w: Vector3
    q_rad: Vector


class Certificate(Protocol):
    """Judges nominal ticks, from the memory of a gate."""

    def take(self, memory: Memory) -> bool:
        """Go on from this memory; return False where it cannot be held."""
        ...

    def passes(self, command: Command, state: ArmState, reference: Reference, t_s: float) -> Passed | None:
        """Return what the gate would say of a command that it leaves as it is, and advance; None changes nothing.

        Args:
            command: what the law asks for.
            state: what the senses say.
            reference: what the plan wants.
            t_s: session time as the clock says [s].
        """
        ...

    def memory(self) -> Memory:
        """Return the memory as it is after the last tick that passed."""
        ...

    def seen(self) -> Seen:
        """Return what the last tick that passed leaves for a stop."""
        ...

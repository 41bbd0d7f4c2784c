"""The three bounds of the press force in words: what each assumes, and what the hard limit does not bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from controller.safety.bound import PERSON_SPEED_M_S


@dataclass(frozen=True, slots=True)
class BoundRow:
    """One bound of the press force.

    Attributes:
        name: what happens, short.
        value_n: the bound over all strokes [N]; None where it was not recorded.
        assumes: what is assumed, one sentence.
    """

    name: str
    value_n: float | None
    assumes: str


HARD_LIMIT_WORDS = (
    "The hard limit bounds the force that the arm commands and the static press force.",
    "When a person moves toward the tool, the inertia of the arm adds to the force, because the arm must first be "
    "accelerated out of the way. No command contains this part, so the bounds with a moving person can exceed the "
    "hard limit.",
)
"""What the hard limit bounds and what it does not, one sentence each."""


def bound_rows(breathing_n: float | None, person_n: float | None, braked_n: float | None) -> tuple[BoundRow, ...]:
    """Return the three bounds in the order of what they assume.

    Args:
        breathing_n: worst case while the person only breathes.
        person_n: worst case with the person moving toward the tool.
        braked_n: the same with one joint held by its brake.
    """
    return (
        BoundRow(
            "person breathes", breathing_n,
            "The person lies still and breathes. The arm pushes with all that the gate lets through, in its heaviest "
            "posture, on the stiffest tissue of the stroke.",
        ),
        BoundRow(
            "person moves", person_n,
            f"The same, and the person moves toward the tool at {PERSON_SPEED_M_S:g} m/s at the moment of contact.",
        ),
        BoundRow(
            "person moves, one joint braked", braked_n,
            "The same, and the drive of any one joint has failed at that moment: its brake holds the joint, so the "
            "arm yields less.",
        ),
    )  # fmt: skip


def assumption_lines(rows: Sequence[BoundRow]) -> list[str]:
    """Return what the bounds assume as lines of plain text, with the words about the hard limit."""
    width = max(len(row.name) for row in rows)
    return [*(f"  {row.name:<{width}}  {row.assumes}" for row in rows), *(f"  {text}" for text in HARD_LIMIT_WORDS)]

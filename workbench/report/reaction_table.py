"""The table from cause to reaction as people read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from controller.safety.reaction import REACTIONS, Rule
from controller.types import Action, Cause

DOES: Mapping[Action, str] = {
    Action.LOWER: "goes on, the command is lowered",
    Action.PARK: "unloads, floats, parks beside the person, releases",
    Action.FLOAT: "unloads, then floats",
    Action.HOLD_TORQUE: "unloads and floats by the last good joint positions",
}
"""What an action looks like from outside."""


@dataclass(frozen=True, slots=True)
class ReactionRow:
    """One cause.

    Attributes:
        cause: the cause.
        action: name of the action; later ones outrank earlier ones.
        does: what the arm does.
        clearance: who may end the stop.
        next_step: what a person does next.
    """

    cause: str
    action: str
    does: str
    clearance: str
    next_step: str


def reaction_rows() -> tuple[ReactionRow, ...]:
    """Return the whole table, mildest action first."""
    ordered = sorted(REACTIONS.items(), key=lambda row: row[1].action)
    return tuple(
        ReactionRow(cause.value, rule.action.name.lower(), DOES[rule.action], rule.clearance.value, rule.next_step)
        for cause, rule in ordered
    )


def reaction_lines(rows: tuple[ReactionRow, ...]) -> list[str]:
    """Return the table as aligned text with a heading."""
    heading = ReactionRow("cause", "action", "the arm", "cleared by", "do next")
    table = [(row.cause, row.does, row.clearance, row.next_step) for row in (heading, *rows)]
    widths = [max(len(row[column]) for row in table) for column in range(3)]
    return [
        "  ".join([*(f"{text:<{width}}" for text, width in zip(row, widths, strict=False)), row[3]]) for row in table
    ]


def rule_of(cause: str) -> Rule | None:
    """Return the row of a cause by name, None for what is no cause of a stop (a refused plan, a cut record)."""
    return REACTIONS[Cause(cause)] if cause in set(Cause) else None

"""The fault campaign as text and as a page: one row per fault, then what is beyond the bound, then failures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.person.tissue_tier import Tier
from workbench.campaigns.faults.campaign import SET_POINT_N
from workbench.campaigns.faults.cells import Case, Cell, Family, Measured, bound_of
from workbench.campaigns.faults.phase_table import EXPLAINED, PHASE_HEAD, has_phases, phase_lines, without_phase
from workbench.runs.prepare import DT_S

HEAD = (
    "fault", "held as", "phase", "cells", "peak N", "ceiling N", "bound N", "over", "end N", "sank mm", "reaction ms",
    "stopped by", "verdict",
)  # fmt: skip
SWEEP_HEAD = ("fault", "set-point N", "cells", "peak N", "ceiling N", "person bound N", "over", "within the limit")

STOPPED_BEFORE = (
    "In parking and floating `stopped by` is the stop that came before the fault, unless the fault asked for more."
)
TISSUE = {Tier.LAW: "contact law", Tier.FEM: "finite elements"}
TITLE = {
    Tier.LAW: ("# Faults",),
    Tier.FEM: (
        "# Faults on finite elements", "",
        "The check of the contact law that the [table of all faults](faults.md) is made with: the same sessions, "
        "faults and criteria, and a back of finite elements under the pad "
        "([how](adr/0007-a-soft-back-beside-the-arms-world.md)).",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spent:
    """What a campaign took, all processes together.

    Attributes:
        wall_s: wall time.
        cpu_s: processor time.
        jobs: sessions at a time.
    """

    wall_s: float
    cpu_s: float
    jobs: int

    def __str__(self) -> str:
        return f"{self.wall_s:.0f} s of wall time, {self.cpu_s:.0f} s of processor time, {self.jobs} sessions at a time"


@dataclass(frozen=True, slots=True)
class Row:
    """The worst of all cells with the same faults.

    Attributes:
        cells: the cells.
    """

    cells: tuple[Cell, ...]

    @property
    def measured(self) -> tuple[Measured, ...]:
        """Those that left a result."""
        return tuple(cell.measured for cell in self.cells if cell.measured is not None)

    @property
    def failed(self) -> int:
        """How many cells failed."""
        return sum(not cell.is_passed for cell in self.cells)

    @property
    def over(self) -> int:
        """Samples over the limit, all cells."""
        return sum(m.over_limit_samples for m in self.measured)

    @property
    def worst(self) -> Measured | None:
        """The one with the largest peak."""
        return max(self.measured, key=lambda m: m.peak_n, default=None)

    @property
    def phase(self) -> str:
        """Phase of the one with the largest peak, or of those without a result; - where it is there from the start."""
        worst = self.worst
        phases = {cell.case.phase.value for cell in self.cells if cell.measured is worst and not cell.case.at_start}
        return ", ".join(sorted(phases)) or "-"


def rows(cells: Sequence[Cell], force_n: float | None = SET_POINT_N) -> dict[Case, Row]:
    """Return the cells by their faults, in the order they come, whichever phase these come in.

    Args:
        cells: the campaign.
        force_n: only cells at this set-point [N]; None for all.
    """
    found: dict[Case, list[Cell]] = {}
    for cell in cells:
        if force_n is None or cell.group.force_n == force_n:
            found.setdefault(without_phase(cell.case), []).append(cell)
    return {case: Row(tuple(group)) for case, group in found.items()}


def verdict_line(cells: Sequence[Cell]) -> str:
    """Return how many cells ran and how many failed."""
    failed = sum(not cell.is_passed for cell in cells)
    silent = sum(cell.measured is None for cell in cells)
    return f"{len(cells)} cells ran, {len(cells) - failed} passed, {failed} failed, {silent} of them without a result"


def by_tissue(cells: Sequence[Cell]) -> dict[Tier, tuple[Cell, ...]]:
    """Return the cells of every tissue model that is among them: no row holds two."""
    return {tier: part for tier in Tier if (part := tuple(cell for cell in cells if cell.group.tissue is tier))}


def text(cells: Sequence[Cell]) -> list[str]:
    """Return the campaign as lines, the law first."""
    parts = by_tissue(cells)
    if set(parts) <= {Tier.LAW}:
        return _text(cells)
    lines: list[str] = []
    for tier, part in parts.items():
        lines += [*([""] if lines else []), f"tissue: {TISSUE[tier]}", *_text(part)]
    return lines


def _text(cells: Sequence[Cell]) -> list[str]:
    lines = _aligned(_table(cells))
    if has_phases(cells):
        lines += ["", f"by phase: {EXPLAINED}", *_aligned([PHASE_HEAD, *phase_lines(cells)])]
    sweep = sweep_lines(cells)
    if sweep:
        lines += ["", "faster than the bound reckons with, by set-point", *_aligned([SWEEP_HEAD, *sweep]), ""]
        lines += margins(cells)
    failures = failure_lines(cells)
    return [*lines, *(["", "failed"] if failures else []), *failures]


def _table(cells: Sequence[Cell]) -> list[tuple[str, ...]]:
    """Return the rows of all faults: of a drawn campaign at all set-points, else at the full one."""
    found = rows(cells, None if has_phases(cells) else SET_POINT_N)
    return [HEAD, *(_line(case, row) for case, row in found.items())]


def markdown(cells: Sequence[Cell], command: str, spent: Spent | None = None) -> str:
    """Return the page, the law first.

    Args:
        cells: the campaign.
        command: the command that made it.
        spent: what it took, where it has just run.
    """
    pages = []
    for tier, part in (by_tissue(cells) or {Tier.LAW: ()}).items():
        pages.append(_one_page(part, TITLE[tier], command, spent))
    return "\n".join(pages)


def _one_page(cells: Sequence[Cell], title: Sequence[str], command: str, spent: Spent | None) -> str:
    groups = {cell.group for cell in cells}
    lines = [
        *title,
        "",
        f"Made by `{command}`: {verdict_line(cells)}, in {len(groups)} sessions that split at the fault.",
        f"Each row holds the worst of all {_spread(cells)}. The bound is the one printed before the session, of a "
        "person who moves where one does. `phase` is where the largest peak was found. `reaction` is the slowest time "
        "from the fault to the first period with another torque than the running session's.",
        *([STOPPED_BEFORE] if has_phases(cells) else []),
        *([f"The whole campaign took {spent}."] if spent else []),
        "",
        *_page(_table(cells)),
    ]
    if has_phases(cells):
        lines += ["", "## By phase", "", f"Each entry is {EXPLAINED}.", ""]
        lines += _page([PHASE_HEAD, *phase_lines(cells)])
    sweep = sweep_lines(cells)
    if sweep:
        lines += ["", "## Faster than the bound reckons with", ""]
        lines += [
            "The bound reckons with a person at 0.2 m/s. These are faster: the arm's inertia can carry the press force "
            "over the limit before any torque takes effect. What helps is a lower set-point.",
            "",
        ]
        lines += [*_page([SWEEP_HEAD, *sweep]), "", *(f"- {line}" for line in margins(cells))]
    failures = failure_lines(cells)
    lines += ["", "## Failed", "", *(["```", *failures, "```"] if failures else ["None."]), ""]
    return "\n".join(lines)


def _spread(cells: Sequence[Cell]) -> str:
    """Return in words what a row is the worst of, and at which set-points."""
    forces = "forces are of the truth, from the fault on, at a set-point of"
    if not has_phases(cells):
        return f"techniques, bodies, gain sets and seeds; {forces} {SET_POINT_N:g} N"
    plants = ", ".join(sorted({cell.group.plant for cell in cells}))
    found = [cell.group.force_n for cell in cells]
    points = f"{SET_POINT_N:g} N or the highest that is accepted for the stroke, {min(found):g} to {max(found):g} N"
    return f"phases, arms, techniques, bodies, gain sets and seeds, on plants drawn as {plants}; {forces} {points}"


def failure_lines(cells: Sequence[Cell]) -> list[str]:
    """Return every failed cell with its reasons."""
    return [f"{cell.case.in_words}: {cell.group}: {'; '.join(cell.misses)}" for cell in cells if not cell.is_passed]


def sweep_lines(cells: Sequence[Cell]) -> list[tuple[str, ...]]:
    """Return one line per set-point for the faults that are beyond the bound."""
    lines: list[tuple[str, ...]] = []
    if has_phases(cells):
        return lines
    for case in {cell.case: None for cell in cells if cell.case.family is Family.BEYOND}:
        for force_n in _set_points(cells, case):
            row = rows(cells, force_n)[case]
            worst = row.worst
            numbers = ("-", "-", "-") if worst is None else _numbers(worst, worst.person_bound_n)
            is_within = row.over == 0 and len(row.measured) == len(row.cells)
            lines.append(
                (str(case), f"{force_n:g}", str(len(row.cells)), *numbers, str(row.over), "yes" if is_within else "no")
            )
    return lines


def margins(cells: Sequence[Cell]) -> list[str]:
    """Return in words up to which set-point each of them stays within the limit."""
    lines = []
    for case in {cell.case: None for cell in cells if cell.case.family is Family.BEYOND}:
        highest: float | None = None
        for force_n in _set_points(cells, case):
            row = rows(cells, force_n)[case]
            if row.over or len(row.measured) < len(row.cells):
                break
            highest = force_n
        tried = max(_set_points(cells, case))
        if highest is None:
            lines.append(f"{case}: passes the limit at every set-point tried")
        elif highest == tried:
            lines.append(f"{case}: stays within the limit at every set-point tried, up to {tried:g} N")
        else:
            lines.append(f"{case}: stays within the limit up to a set-point of {highest:g} N")
    return lines


def _set_points(cells: Sequence[Cell], case: Case) -> list[float]:
    return sorted({cell.group.force_n for cell in cells if cell.case == case})


def _line(case: Case, row: Row) -> tuple[str, ...]:
    measured, worst = row.measured, row.worst
    verdict = f"{row.failed} FAILED" if row.failed else "shown" if case.family is Family.BEYOND else "pass"
    if worst is None:
        return str(case), case.family, row.phase, str(len(row.cells)), *("-" * (len(HEAD) - 5)), verdict
    reactions = [m.reaction_ticks for m in measured if m.reaction_ticks is not None]
    causes = sorted({_cause(m) for m in measured})
    return (
        str(case),
        case.family,
        row.phase,
        str(len(row.cells)),
        *_numbers(worst, bound_of(case, worst)[1]),
        str(row.over),
        f"{max(m.end_press_n for m in measured):.1f}",
        f"{1e3 * max(m.dropped_m for m in measured):.1f}",
        f"{1e3 * DT_S * max(reactions):.0f}" if reactions else "-",
        ", ".join(causes),
        verdict,
    )


def _cause(m: Measured) -> str:
    if m.taken is not None:
        return f"{m.taken} (supervisor)"
    return str(m.cause) if m.cause is not None else "nothing"


def _numbers(worst: Measured, bound_n: float) -> tuple[str, str, str]:
    return f"{worst.peak_n:.1f}", f"{worst.ceiling_n:g}", f"{bound_n:.1f}"


def _aligned(table: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    is_text = [not any(line[column][:1].isdigit() for line in table[1:]) for column in range(len(widths))]
    return [
        "  ".join(
            cell.ljust(width) if words else cell.rjust(width)
            for cell, width, words in zip(line, widths, is_text, strict=True)
        ).rstrip()
        for line in table
    ]


def _page(table: Sequence[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(line)} |" for line in table]
    return [lines[0], "| --- " * len(table[0]) + "|", *lines[1:]]

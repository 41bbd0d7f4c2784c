"""Every fault over the phases of a session: the largest press force, and how many cells passed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench.campaigns.faults.cells import Case, Cell
from workbench.campaigns.faults.moments import FaultPhase

PHASE_HEAD = ("fault", *(phase.value for phase in FaultPhase))
EXPLAINED = "the largest press force [N], and how many of the cells passed; - where the fault was not tried"


def without_phase(case: Case) -> Case:
    """Return what is broken, whichever phase it comes in."""
    return replace(case, phase=FaultPhase.WORK)


def has_phases(cells: Sequence[Cell]) -> bool:
    """Return True where a fault comes in another phase than work, as in a drawn campaign."""
    return any(cell.case.phase is not FaultPhase.WORK for cell in cells)


def phase_lines(cells: Sequence[Cell]) -> list[tuple[str, ...]]:
    """Return one line per fault with an entry for every phase, in the order they come; nothing of the beginning."""
    found: dict[Case, dict[FaultPhase, list[Cell]]] = {}
    for cell in cells:
        if not cell.case.at_start:
            found.setdefault(without_phase(cell.case), {}).setdefault(cell.case.phase, []).append(cell)
    return [(str(case), *(_entry(by_phase.get(phase, [])) for phase in FaultPhase)) for case, by_phase in found.items()]


def _entry(cells: Sequence[Cell]) -> str:
    if not cells:
        return "-"
    peak_n = max((cell.measured.peak_n for cell in cells if cell.measured is not None), default=None)
    peak = "none" if peak_n is None else f"{peak_n:.1f}"
    return f"{peak} {sum(cell.is_passed for cell in cells)}/{len(cells)}"

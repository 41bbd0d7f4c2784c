"""What the bench has found: ratios within one run, as text, Markdown and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.bench.loop import CONTROLLER, ENGINE, PINOCCHIO, TICK
from workbench.bench.timing import Timed


@dataclass(frozen=True, slots=True)
class Ratio:
    """One median over another one of the same run.

    Attributes:
        name: what is compared.
        value: the ratio.
        asked: what is aimed at, as it is said.
    """

    name: str
    value: float
    asked: str


@dataclass(frozen=True, slots=True)
class Target:
    """A ratio that is aimed at.

    Attributes:
        over: what stands above.
        under: what stands below.
        asked: the aim, as it is said.
    """

    over: str
    under: str
    asked: str


TARGETS = (
    Target(CONTROLLER, PINOCCHIO, "at most 4"),
    Target(TICK, ENGINE, "at most 2.5"),
    Target("robosuite 1.5.1 OSC", CONTROLLER, "at least 8"),
    Target("mink 1.3.0 solve_ik (daqp)", CONTROLLER, "at least 8"),
    Target(ENGINE, "bare MuJoCo step", "-"),
)


def ratios(found: Mapping[str, Timed]) -> tuple[Ratio, ...]:
    """Return the ratios of medians of what was measured; those of peers that did not run are left out."""
    pairs = [one for one in TARGETS if one.over in found and one.under in found]
    return tuple(
        Ratio(f"{one.over} / {one.under}", found[one.over].p50_us / found[one.under].p50_us, one.asked) for one in pairs
    )


def table_lines(found: Mapping[str, Timed]) -> list[str]:
    """Return a Markdown table of all quantiles."""
    rows = [
        f"| {one.name} | {one.p10_us:.1f} | {one.p50_us:.1f} | {one.p99_us:.1f} | {one.p999_us:.1f} | {one.count} |"
        for one in found.values()
    ]
    return ["| us | p10 | median | p99 | p99.9 | calls |", "| --- | --- | --- | --- | --- | --- |", *rows]


def ratio_lines(all_ratios: tuple[Ratio, ...]) -> list[str]:
    """Return a Markdown table of ratios."""
    rows = [f"| {one.name} | {one.value:.2f} | {one.asked} |" for one in all_ratios]
    return ["| ratio of medians | seen | asked |", "| --- | --- | --- |", *rows]

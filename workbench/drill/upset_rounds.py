"""Rounds of upsets, and the figures of missed and false reactions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np

from controller.processes.cells import AUTHORITIES, MODES
from controller.types import Authority, Mode
from sim.truth_log import Rows
from workbench.drill.busy import busy_words
from workbench.drill.remote import Remote, remote
from workbench.drill.run import wait
from workbench.drill.upsets import DECISIVE, HARMLESS, Upset, Wanted
from workbench.drill.verdict import LOOK_AFTER_S, PRESS_LEFT_N, REACTION_S, ROUNDING_S

CALM_S, AFTER_S, PARKED_S = 0.2, 2.5, 60.0
"""Simulated time that is let pass after a harmless event and after a decisive one, and longest time until parked."""
SIGNAL_REACTION_S = 0.02
"""Longest time from a signal, which comes at any moment of a tick, to the stop of the session loop."""
OFF_S = 0.1
"""Nothing may have touched the skin for this long when the brakes close."""
GONE_WALL_S = 20.0
"""Longest wall time until processes that have nothing left to do are gone."""


@dataclass(frozen=True, slots=True)
class UpsetResult:
    """What followed one event; forces are the truth.

    Attributes:
        text: the event.
        wanted: what had to follow.
        misses: what did not, in words.
        is_false: the session was stopped though nothing had to follow.
        reaction_s: from the event to the first stop of whoever answers, in simulated time; infinite where none did.
        peak_n: largest press force from the event on.
        longest_wait_s: longest wait of the drives for an answer, wall time.
        busy: why the machine was too busy to tell, empty where it was not.
    """

    text: str
    wanted: Wanted
    misses: tuple[str, ...]
    is_false: bool
    reaction_s: float
    peak_n: float
    longest_wait_s: float
    busy: str


def run_rounds(repeat: int, say: Callable[[str], None], decisive: tuple[Upset, ...] = DECISIVE) -> list[UpsetResult]:
    """Run every decisive event so many times, each after all harmless ones in a new order.

    Args:
        repeat: how often.
        say: takes a line about every round.
        decisive: which events end the rounds.

    Raises:
        PlantError: a session did not get as far as a steady press force.
    """
    results: list[UpsetResult] = []
    for number in range(repeat):
        for index, upset in enumerate(decisive):
            seed = number * len(decisive) + index + 1
            say(f"round {seed} of {repeat * len(decisive)}: {upset.text}")
            results += run_round(upset, seed)
    return results


def run_round(upset: Upset, seed: int, harmless: tuple[Upset, ...] = HARMLESS) -> list[UpsetResult]:
    """Run harmless events, then one that ends the session; a false reaction ends the round.

    Args:
        upset: the last one.
        seed: of person, noise and orders.
        harmless: what comes before.
    """
    random, results = Random(seed), []  # noqa: S311  no secret
    with remote(seed) as machine:
        for event in random.sample(harmless, len(harmless)):
            row = event.do(machine, random)
            machine.let_pass(CALM_S)
            results.append(_judged(event, machine, row))
            if results[-1].is_false or results[-1].misses:
                return results
        row = upset.do(machine, random)
        if upset.wanted is Wanted.PARKED:
            machine.let_pass_until(row, PARKED_S, lambda: _is_off(machine))
        else:
            machine.let_pass_until(row, AFTER_S)
        left = _left_behind(machine) if upset.leaves_owner else ()
        results.append(_judged(upset, machine, row, left))
    return results


def _is_off(machine: Remote) -> bool:
    return int(machine.rows(machine.count - 1)["authority"][-1]) == AUTHORITIES.index(Authority.NOBODY)


def _left_behind(machine: Remote) -> tuple[str, ...]:
    """Return a miss where processes go on though their owner is dead and the arm is parked."""
    try:
        wait(machine.have_ended, GONE_WALL_S, "end")
    except Exception:
        return ("processes left behind",)
    return ()


def _judged(event: Upset, machine: Remote, row: int, left: tuple[str, ...] = ()) -> UpsetResult:
    """Hold the truth against what had to follow."""
    rows = machine.rows()
    after = rows[row:]
    since = after["t_s"] - after["t_s"][0]
    taken = after["authority"] == AUTHORITIES.index(Authority.SUPERVISOR)
    stopped = after["host_mode"] != MODES.index(Mode.RUN)
    answered = np.flatnonzero(taken if event.wanted is Wanted.TAKEN else taken | stopped)
    reaction_s = float(since[answered[0]]) if len(answered) else float("inf")
    is_false = event.wanted is Wanted.NOTHING and bool(len(answered) or (after["authority"] != 0).any())
    misses = () if event.wanted is Wanted.NOTHING else _misses(event.wanted, after, since, reaction_s)
    over = ("press force over the limit of the place",) if bool((after["press_n"] > after["limit_n"]).any()) else ()
    return UpsetResult(
        event.text, event.wanted, (*misses, *over, *left), is_false, reaction_s, float(after["press_n"].max()),
        float(after["waited_s"].max()), busy_words(rows, row),
    )  # fmt: skip


def _misses(wanted: Wanted, after: Rows, since: Rows, reaction_s: float) -> tuple[str, ...]:
    """Return what did not hold of what had to follow."""
    most_s = SIGNAL_REACTION_S if wanted is Wanted.PARKED else REACTION_S
    authority, press = after["authority"], after["press_n"]
    taken = authority == AUTHORITIES.index(Authority.SUPERVISOR)
    look = min(int(np.searchsorted(since, LOOK_AFTER_S)), len(after) - 1)
    braked = np.flatnonzero(authority == AUTHORITIES.index(Authority.NOBODY))
    first = int(braked[0]) if len(braked) else len(after)
    clear = press[max(0, first - round(OFF_S / 1e-3)) : first]
    checks = (
        (reaction_s <= most_s + ROUNDING_S, f"answer after {reaction_s * 1e3:.0f} ms"),
        (press[look] <= PRESS_LEFT_N, f"{press[look]:.1f} N left {LOOK_AFTER_S:g} s later"),
        (not len(braked) or not clear.any(), "brakes closed on the skin"),
        (wanted is not Wanted.TAKEN or taken[-1], "drives given up by the supervisor"),
        (wanted is Wanted.TAKEN or not taken.any(), "drives taken by the supervisor"),
        (wanted is not Wanted.PARKED or len(braked), f"not parked {PARKED_S:g} s later"),
    )
    return tuple(text for holds, text in checks if not holds)


@dataclass(frozen=True, slots=True)
class UpsetFigures:
    """All results of one event.

    Attributes:
        text: the event.
        wanted: what had to follow.
        runs: how often it was tried, without those that the machine was too busy to tell.
        too_busy: how often the machine was too busy to tell.
        missed: how often what had to follow did not.
        false: how often the session was stopped though nothing had to follow.
        slowest_s: slowest answer [s], simulated time; NaN where none was wanted.
        peak_n: largest press force.
        longest_wait_s: longest wait of the drives for an answer, wall time.
        words: what did not hold.
    """

    text: str
    wanted: Wanted
    runs: int
    too_busy: int
    missed: int
    false: int
    slowest_s: float
    peak_n: float
    longest_wait_s: float
    words: tuple[str, ...]


def figures(results: list[UpsetResult]) -> list[UpsetFigures]:
    """Return the figures of every event that was tried.

    Where the machine was too busy, reactions late or false say nothing; a force over its limit always counts.
    """
    found = []
    for event in (*HARMLESS, *DECISIVE):
        same = [result for result in results if result.text == event.text]
        told = [result for result in same if not (result.busy and (result.misses or result.is_false))]
        if not same:
            continue
        answers = [result.reaction_s for result in told if event.wanted is not Wanted.NOTHING]
        found.append(
            UpsetFigures(
                event.text, event.wanted, len(told), len(same) - len(told),
                sum(bool(result.misses) for result in told), sum(result.is_false for result in told),
                max(answers, default=float("nan")), max(result.peak_n for result in same),
                max(result.longest_wait_s for result in same),
                tuple(sorted({miss for result in same for miss in (*result.misses, result.busy) if miss})),
            )
        )  # fmt: skip
    return found


def table(rows: list[UpsetFigures]) -> list[str]:
    """Return the figures as lines of a Markdown table."""
    head = (
        "| event | what must follow | runs | missed | false | slowest answer ms | peak N | longest wait ms | too busy |"
    )
    lines = [head, "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        slowest = "-" if row.wanted is Wanted.NOTHING else f"{row.slowest_s * 1e3:.0f}"
        lines.append(
            f"| {row.text} | {row.wanted} | {row.runs} | {row.missed} | {row.false} | {slowest} | {row.peak_n:.1f} | "
            f"{row.longest_wait_s * 1e3:.0f} | {row.too_busy} |"
        )
    return lines

"""The drawn campaign: every fault in every phase on every arm at least once, everything else drawn by a seed."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from workbench.campaigns.faults.campaign import SET_POINT_N, Choice
from workbench.campaigns.faults.cells import Case, Cell, Group
from workbench.campaigns.faults.forked_session import GroupTask
from workbench.campaigns.faults.moments import FaultPhase
from workbench.campaigns.faults.phase_table import without_phase
from workbench.campaigns.faults.set_points import Stroke

DRAW_SEED = 1
"""Seed of the draw where none is given."""
MOST_PER_SESSION, LEAST_SESSIONS = 40, 6
"""Most cells of one session, which share its lead-in, and least sessions that the cells of an arm are spread over."""
LARGEST_SESSION_SEED = 2**31

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Drawn:
    """One session of the campaign, with its set-point still to be found.

    Attributes:
        stroke: technique, body, arm and plant.
        gains: gain set.
        seed: seed of plant, person, breathing, noise and moments.
        is_highest: at the highest set-point that is accepted; else at the full one of the shipped programs.
        cases: what is broken.
    """

    stroke: Stroke
    gains: str
    seed: int
    is_highest: bool
    cases: tuple[Case, ...]


def deck(cases: Iterable[Case]) -> tuple[Case, ...]:
    """Return the cases in every phase; two at once come at work only, and some are there from the beginning."""
    found: list[Case] = []
    for case in cases:
        is_everywhere = not case.at_start and len(case.faults) == 1
        found += [replace(case, phase=phase) for phase in FaultPhase] if is_everywhere else [case]
    return tuple(found)


def draw(choice: Choice, count: int, seed: int = DRAW_SEED) -> tuple[Drawn, ...]:
    """Return so many cells, alike on all arms, as sessions.

    Every arm goes through all cases in all phases, in a new random order every time. A campaign of fewer cells than
    that is a sample of them.

    Args:
        choice: what to draw from; seeds that are given are gone through in turn, none given for any.
        count: number of cells.
        seed: of the draw.
    """
    drawn: list[Drawn] = []
    for number, arm in enumerate(choice.arms):
        generator = np.random.default_rng([seed, number])
        here = count // len(choice.arms) + (number < count % len(choice.arms))
        hands = _hands(_endless(deck(choice.cases), generator), here)
        sessions = _sessions(choice, arm, generator)
        drawn += [replace(next(sessions), cases=hand) for hand in hands]
    return tuple(drawn)


def tasks_of(drawn: Iterable[Drawn], highest_n: Mapping[Stroke, float]) -> tuple[GroupTask, ...]:
    """Return what is to be run, now that the set-points are known.

    A stroke that passes at no set-point keeps the full one, so that its cells fail with the refusal in words.

    Args:
        drawn: the sessions.
        highest_n: highest set-point that is accepted, by stroke [N].
    """
    tasks = []
    for one in drawn:
        stroke, most_n = one.stroke, highest_n.get(one.stroke, SET_POINT_N)
        force_n = most_n if one.is_highest else min(SET_POINT_N, most_n)
        group = Group(
            stroke.technique, stroke.body, stroke.arm, one.gains, one.seed, force_n, plant=stroke.plant
        )  # fmt: skip
        tasks.append(GroupTask(group, one.cases))
    return tuple(tasks)


def in_order(cells: Iterable[Cell], cases: Sequence[Case]) -> tuple[Cell, ...]:
    """Return the cells in the order of the table of faults, and of the phases."""
    place, phases = {case: number for number, case in enumerate(cases)}, list(FaultPhase)
    return tuple(sorted(cells, key=lambda one: (place[without_phase(one.case)], phases.index(one.case.phase))))


def _endless(cards: tuple[Case, ...], generator: np.random.Generator) -> Iterator[tuple[int, Case]]:
    """Yield the cases in a random order, again and again, each with the number of its round."""
    for turn in itertools.count():
        yield from ((turn, cards[place]) for place in generator.permutation(len(cards)).tolist())


def _hands(cards: Iterator[tuple[int, Case]], count: int) -> Iterator[tuple[Case, ...]]:
    """Yield the cases of every session; no session has one twice."""
    size = max(1, min(MOST_PER_SESSION, -(-count // LEAST_SESSIONS)))
    hand: list[Case] = []
    last = 0
    for turn, case in itertools.islice(cards, count):
        if hand and (len(hand) == size or turn != last):
            yield tuple(hand)
            hand = []
        hand.append(case)
        last = turn
    if hand:
        yield tuple(hand)


def _sessions(choice: Choice, arm: str, generator: np.random.Generator) -> Iterator[Drawn]:
    """Yield sessions that go through all bodies, techniques, gain sets, plants and both set-points alike."""
    bodies, gains = _turns(choice.bodies, generator), _turns(choice.gains, generator)
    seeds = itertools.cycle(choice.seeds)
    rest = _turns(tuple(itertools.product(choice.techniques, choice.plants, (False, True))), generator)
    while True:
        technique, plant, is_highest = next(rest)
        seed = next(seeds) if choice.seeds else int(generator.integers(1, LARGEST_SESSION_SEED))
        yield Drawn(Stroke(technique, next(bodies), arm, plant), next(gains), seed, is_highest, ())


def _turns(values: tuple[Value, ...], generator: np.random.Generator) -> Iterator[Value]:
    """Yield all values in a random order, again and again in a new one."""
    while True:
        yield from (values[place] for place in generator.permutation(len(values)).tolist())

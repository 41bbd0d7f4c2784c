"""A simulated arm in mid stroke whose law goes wrong for half a second: the true force stays under its limit."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

import pytest

from controller.safety.gate import Gate
from controller.types import ContactState
from sim.options import SimulationOptions
from sim.plant import build_simulation
from tests.wrong_laws import WrongLaw, WrongParts
from workbench.campaigns.faults.short_plan import ShortPlan, short_plan
from workbench.campaigns.fork import Answer, in_child

FORCE_N = 20.0
WRONG_TICKS = 500
CREST_N = 0.97 * FORCE_N
MOST_TICKS = 6000
"""A stopped arm has long floated by then."""
AFTER_STOP_TICKS, QUIET_TICKS = 600, 300
"""A stop has settled once the law is right again, the pull has had its time, and the pad has long been off the skin."""
PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one sequence.

    Attributes:
        seed: of it.
        worst_n: largest true press force.
        limit_n: hard limit of that place.
        over: ticks with more than the limit of their place.
        cause: of the stop, empty where there was none.
        ticks: until the end.
        wrong: what went wrong, in words.
    """

    seed: int
    worst_n: float
    limit_n: float
    over: int
    cause: str
    ticks: int
    wrong: str


class Sequences:
    """One session up to the middle of its stroke, and branches of it in which the law goes wrong.

    Args:
        short: its plan.
        gate: of the session; None for that of its parts.
    """

    def __init__(self, short: ShortPlan, gate: Gate | None = None) -> None:
        parts = short.parts
        options = SimulationOptions(seed=1, differences=short.differences)
        self.plant = build_simulation(parts.robot.arm, parts.robot.placement, short.body, options)
        self.gate = parts.gate() if gate is None else gate
        self.session = WrongParts.like(parts).session(self.plant, truth=self.plant, gate=self.gate)
        law = self.session._law
        assert isinstance(law, WrongLaw)
        self.law = law
        self.plant.configure()
        self.plant.activate(short.plan.rest_q_rad)

    def lead_in(self) -> None:
        """Run to where the stroke has its force."""
        at_work = 0
        while at_work < 100:
            step = self.session.tick()
            assert step is not None, self.gate.stop_reason
            (pad,) = step.reference.pads
            at_work += step.contact is ContactState.WORK and pad.press_n >= CREST_N

    def branch(self, seed: int) -> Outcome:
        """Return what comes of a law that goes wrong here."""
        answer: Answer = in_child(lambda: json.dumps(self._run(seed)).encode(), PATIENCE_S)
        assert not answer.death, (seed, answer)
        return Outcome(*json.loads(answer.data))

    def _run(self, seed: int) -> list[object]:
        wrong = self.law.begin(seed, WRONG_TICKS)
        worst, limit, over, tick, stopped, quiet = 0.0, 0.0, 0, 0, 0, 0
        while tick < MOST_TICKS:
            step = self.session.tick()
            if step is None:
                break
            tick += 1
            (truth,) = self.plant.truth()
            over += not truth.press_n <= truth.limit_n
            if not truth.press_n <= worst:
                worst, limit = truth.press_n, truth.limit_n
            stopped += self.gate.stop_reason is not None
            quiet = 0 if truth.press_n > 0.0 else quiet + 1
            is_settled = stopped >= AFTER_STOP_TICKS and quiet >= QUIET_TICKS
            if tick > WRONG_TICKS and (is_settled or (stopped == 0 and tick > 2 * WRONG_TICKS)):
                break
        stop = self.gate.stop_reason
        return [seed, worst, limit, over, "" if stop is None else str(stop.cause), tick, str(wrong)]


def _outcomes(seeds: range) -> list[Outcome]:
    sequences = Sequences(short_plan("paraspinal_circles", "median_m", "servo7", FORCE_N))
    sequences.lead_in()
    outcomes = [sequences.branch(seed) for seed in seeds]
    worst = max(outcomes, key=lambda outcome: outcome.worst_n)
    causes = Counter(outcome.cause for outcome in outcomes)
    print(f"\n{len(outcomes)} wrong laws, worst {worst.worst_n:.1f} N: {worst}; stops: {causes}")
    return outcomes


def _check(outcomes: list[Outcome]) -> None:
    assert [outcome for outcome in outcomes if outcome.over > 0] == []
    assert all(outcome.ticks < MOST_TICKS for outcome in outcomes), "every stop settles"
    stopped = sum(outcome.cause != "" for outcome in outcomes)
    assert 0.5 * len(outcomes) < stopped, "most of what goes wrong is found out"


def test_a_law_that_goes_wrong_never_presses_above_the_limit() -> None:
    _check(_outcomes(range(1000, 1020)))


@pytest.mark.campaign
def test_no_wrong_law_of_a_thousand_presses_above_the_limit() -> None:
    _check(_outcomes(range(1000)))

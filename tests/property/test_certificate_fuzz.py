"""Certified implies that the gate lets the command through as it is: two gates on sessions that are made to go wrong.

The Python gate is the readable twin of the compiled certificate. After every tick both must have said the same, to the
last bit, and where it was certified they must remember the same; at the end whole gates are compared, attribute by
attribute.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.certificate_cases import STREAM, Tally, recorded, run_stream, run_trial
from tests.gate_differences import differences

SEED = int(os.environ.get("MASSAGE_ARM_FUZZ_SEED", "20240611"))
ARMS = ("servo7", "panda")


def _fuzz(arm_name: str, streams: int) -> Tally:
    source, tally = recorded(arm_name), Tally()
    for seed in range(SEED, SEED + streams):
        found = run_stream(source, seed, tally, recheck_ticks=seed % 4)
        assert found == []
    print(f"\ncertificate: {tally.judged} ticks of {arm_name}, {tally.certified} certified, {len(tally.stops)} stops")
    return tally


@pytest.mark.parametrize("arm_name", ARMS)
def test_two_gates_never_differ_whatever_goes_wrong(arm_name: str) -> None:
    tally = _fuzz(arm_name, 60)
    assert tally.certified > 0.4 * tally.judged
    assert tally.lowered > 50
    assert len(tally.stops) > 15


def _try(arm_name: str, trials: int) -> Tally:
    tally = Tally()
    for seed in range(SEED, SEED + trials):
        assert run_trial(arm_name, seed, tally) == []
    print(f"\ncertificate: {trials} trials of {arm_name}, {tally.certified} certified, {len(tally.stops)} stops")
    return tally


@pytest.mark.parametrize("arm_name", ARMS)
def test_what_passes_in_a_single_tick_is_what_the_gate_says_and_remembers(arm_name: str) -> None:
    tally = _try(arm_name, 750)
    assert 0.4 * tally.judged < tally.certified < 0.8 * tally.judged
    assert tally.lowered > 10
    assert len(tally.stops) > 50


@given(seed=st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_nor_do_they_in_any_stream_that_can_be_thought_of(seed: int) -> None:
    assert run_stream(recorded(), seed, Tally()) == []


@given(seed=st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_what_passes_in_any_tick_that_can_be_thought_of_is_what_the_gate_says(seed: int) -> None:
    assert run_trial("servo7", seed, Tally()) == []


@pytest.mark.campaign
@pytest.mark.parametrize("arm_name", ARMS)
def test_two_gates_do_not_differ_in_many_streams(arm_name: str) -> None:
    tally = _fuzz(arm_name, 5_000)
    assert tally.judged == 5_000 * STREAM
    assert len(tally.stops) > 60
    assert len(_try(arm_name, 500_000).stops) > 80


def test_differences_are_found() -> None:
    assert differences([1.0, float("nan")], [1.0, float("nan")]) == []
    assert differences((1.0, 0.0), (1.0, -0.0)) == ["gate[1]: 0.0 -0.0"]
    assert differences({1: 2.0}, {1: 3.0}) == ["gate: {1: 2.0} {1: 3.0}"]

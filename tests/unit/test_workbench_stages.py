"""A command says what it does, and goes on saying so where it is long."""

import io
import time

import pytest

from workbench.runs.stages import stage


def test_a_short_stage_is_one_line() -> None:
    stream = io.StringIO()
    with stage("planning nap", stream):
        pass
    assert stream.getvalue() == "planning nap ...\n"


def test_a_long_stage_says_that_it_goes_on_and_how_long_it_took() -> None:
    stream, times = io.StringIO(), iter([0.0, *(12.0 + k for k in range(1000))])
    with stage("planning nap", stream, repeat_s=0.01, clock=lambda: next(times)):
        while "elapsed" not in stream.getvalue():
            time.sleep(0.001)
    lines = stream.getvalue().splitlines()
    assert lines[:2] == ["planning nap ...", "planning nap: 12 s elapsed"]
    assert lines[-1].startswith("planning nap: took ")


def test_a_wait_that_is_over_soon_is_not_mentioned_and_a_longer_one_is() -> None:
    stream = io.StringIO()
    with stage("loading", stream, after_s=30.0):
        pass
    assert stream.getvalue() == ""
    with stage("loading", stream, after_s=0.001):
        while not stream.getvalue():
            time.sleep(0.001)
    assert stream.getvalue() == "loading ...\n"


def test_a_stage_that_fails_passes_the_error_on_and_says_nothing_of_its_end() -> None:
    stream = io.StringIO()
    with pytest.raises(ZeroDivisionError), stage("planning nap", stream, clock=iter([0.0, 100.0]).__next__):
        raise ZeroDivisionError
    assert stream.getvalue() == "planning nap ...\n"


def test_nobody_who_reads_is_no_error() -> None:
    stream = io.StringIO()
    stream.close()
    with stage("planning nap", stream):
        pass

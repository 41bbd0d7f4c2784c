"""A process that splits: answers, deaths, patience."""

import os
import signal
import time

import pytest

from workbench.campaigns.fork import Answer, Child, branch, in_child


def test_what_the_work_returns_comes_back_however_long() -> None:
    data = bytes(range(256)) * 4000
    assert in_child(lambda: data, 60.0) == Answer(data, "")


def test_an_error_in_the_child_is_told() -> None:
    def fail() -> bytes:
        raise KeyError("lost")

    answer = in_child(fail, 60.0)
    assert answer.death == "ended with code 1"
    assert answer.data == b"KeyError: 'lost'"


def test_a_child_that_is_killed_is_told() -> None:
    def die() -> bytes:
        os.kill(os.getpid(), signal.SIGKILL)
        return b"never"

    assert in_child(die, 60.0).death.startswith("killed by signal 9")


def test_a_child_that_hangs_is_killed() -> None:
    def hang() -> bytes:
        time.sleep(60.0)
        return b"late"

    assert in_child(hang, 0.3) == Answer(b"", "not done after 0.3 s, killed")


def test_the_child_goes_on_from_where_it_was_split_and_the_parent_too() -> None:
    said = [b"before"]
    side = branch(60.0)
    if isinstance(side, Child):
        side.finish(said[0] + b" and after")
    assert isinstance(side, Answer)
    assert side == Answer(b"before and after", "")


def test_a_child_leaves_no_process_behind() -> None:
    process = int(in_child(lambda: str(os.getpid()).encode(), 60.0).data)
    with pytest.raises(ChildProcessError):
        os.waitpid(process, os.WNOHANG)

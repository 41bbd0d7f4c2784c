"""Progress on a terminal and elsewhere."""

import io

import pytest

from workbench.runs.durations import duration
from workbench.runs.progress import Progress


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def advance(stream: io.StringIO, steps: int = 1000) -> None:
    clock = Clock()
    with Progress("work", stream, clock) as progress:
        for step in range(steps + 1):
            clock.now = 0.06 * step
            progress.update(step, steps)


def test_without_a_terminal_plain_lines_every_tenth() -> None:
    stream = io.StringIO()
    advance(stream)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[0] == "work: 10 %, 54 s left"
    assert lines[-1] == "work: 100 %, took 60 s"
    assert all(character == "\n" or character.isprintable() for character in stream.getvalue())


def test_a_jump_prints_one_line() -> None:
    stream = io.StringIO()
    progress = Progress("work", stream, Clock())
    progress.update(0.55, 1.0)
    progress.update(0.58, 1.0)
    assert stream.getvalue().count("\n") == 1


def test_nothing_to_do_is_done() -> None:
    stream = io.StringIO()
    Progress("work", stream, Clock()).update(0.0, 0.0)
    assert "100 %" in stream.getvalue()


def test_a_terminal_gets_a_bar() -> None:
    stream = Terminal()
    advance(stream)
    assert "\x1b[" in stream.getvalue()
    assert "took 60 s" in stream.getvalue()


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59.6, "60 s"), (185.0, "3 min 05 s")])
def test_durations_read_well(seconds: float, text: str) -> None:
    assert duration(seconds) == text

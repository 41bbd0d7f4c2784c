"""Times of loops in memory that their owner reads, also of a loop that is gone; and loops that find none."""

import os
import secrets
from collections.abc import Iterator

import pytest

from controller.errors import PlantError
from controller.processes import loop_memory
from controller.processes.loop_memory import OwnedTimes, RigLoop, loop_times
from controller.processes.realtime.loop_times import LoopTimes
from controller.processes.realtime.paced_times import PacedTimes
from controller.processes.shared_memory import FOLDER


@pytest.fixture
def prefix() -> Iterator[str]:
    name = f"massage-arm-test-{os.getpid()}-{secrets.token_hex(4)}"
    yield name
    assert list(FOLDER.glob(f"{name}*")) == []


def test_the_owner_reads_what_a_loop_has_counted(prefix: str) -> None:
    with OwnedTimes(prefix) as owned:
        assert owned.times() == {}
        times = loop_times(prefix, RigLoop.SUPERVISOR, 0.002)
        times.note(5_000, 100_000)
        times.note(5_000, 4_100_000)
        found = owned.times()
        times.note(7_000, 1)
    assert set(found) == {RigLoop.SUPERVISOR}
    figures = found[RigLoop.SUPERVISOR].figures()
    assert (figures.period_us, figures.body.count, figures.overruns, figures.skipped) == (2000.0, 2, 1, 2)
    assert (figures.lateness.max_us, figures.body.max_us) == (5.0, 4100.0)
    assert "2 periods of 2000 us, 1 past the next deadline" in figures.words
    assert times.figures().body.count == 3, "a mapping outlives its name"


def test_the_times_of_a_process_that_was_killed_are_still_there(prefix: str) -> None:
    with OwnedTimes(prefix) as owned:
        child = os.fork()
        if child == 0:
            loop_times(prefix, RigLoop.SESSION, 0.001).note(1_000, 2_000)
            os._exit(0)
        os.waitpid(child, 0)
        assert owned.times()[RigLoop.SESSION].figures().body.count == 1


def test_a_loop_that_finds_no_memory_counts_for_itself(prefix: str) -> None:
    times = loop_times(prefix, RigLoop.DRIVES, 0.001)
    times.note(0, 999_999)
    times.note(1, 1_000_000)
    assert (times.figures().body.count, times.figures().overruns) == (2, 1)


def test_memory_that_is_too_small_is_not_used(prefix: str) -> None:
    path = FOLDER / f"{prefix}-times-drives"
    path.write_bytes(b"")
    try:
        assert loop_times(prefix, RigLoop.DRIVES, 0.001).figures().body.count == 0
    finally:
        path.unlink()


def test_an_owner_without_room_leaves_nothing_behind(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = loop_memory.allocated, []

    def allocated(name: str, size: int) -> object:
        asked.append(name)
        if len(asked) == 2:
            raise PlantError("no room", "free some")
        return real(name, size)

    monkeypatch.setattr(loop_memory, "allocated", allocated)
    with pytest.raises(PlantError, match="no room"):
        OwnedTimes(prefix)


def test_a_loop_that_goes_by_ticks_of_another_is_late_by_what_they_do_not_explain() -> None:
    now, times = [100_000], LoopTimes(2_000)
    paced = PacedTimes(times, 1_000, lambda: now[0])
    for tick, began, ended in (
        (5, 100_000, 100_300),
        (7, 102_000, 102_300),
        (8, 103_400, 105_500),
        (12, 106_000, 106_100),
    ):
        now[0] = began
        paced.begin(tick)
        now[0] = ended
        paced.end()
    figures = times.figures()
    assert (figures.lateness.count, figures.lateness.max_us, figures.body.max_us) == (4, 0.4, 2.1)
    assert (figures.overruns, figures.skipped) == (1, 1)

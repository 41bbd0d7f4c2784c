"""What a loop gets of the system, and the plain words where it is refused."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from controller.processes.realtime import system as system_module
from controller.processes.realtime.memory import HeapReserve
from controller.processes.realtime.permissions import TAKEN_AWAY, Wishes, realtime_thread, still_permitted
from controller.processes.realtime.system import LinuxSystem, cores_of

CALLS = ("lock_memory", "set_timer_slack", "set_fifo", "pin")


class FakeSystem:
    """Grants all but what it refuses."""

    def __init__(
        self, refuses: tuple[str, ...] = (), cores: tuple[int, ...] = (0, 1, 2), isolated: tuple[int, ...] = ()
    ) -> None:
        self.refuses, self.cores, self.isolated = refuses, cores, isolated
        self.asked: list[str] = []
        self.is_back, self.has_fifo = False, True

    def _ask(self, name: str) -> None:
        self.asked.append(name)
        if name in self.refuses:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    def set_fifo(self, priority: int) -> None:
        assert priority > 0
        self._ask("set_fifo")

    def is_fifo(self) -> bool:
        return self.has_fifo

    def lock_memory(self) -> None:
        self._ask("lock_memory")

    def pin(self, core: int) -> None:
        assert core in self.cores
        self._ask("pin")

    def allowed_cores(self) -> tuple[int, ...]:
        return self.cores

    def isolated_cores(self) -> tuple[int, ...]:
        return self.isolated

    def set_timer_slack(self, slack_ns: int) -> None:
        assert slack_ns > 0
        self._ask("set_timer_slack")

    @contextmanager
    def kept(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.is_back = True


def test_everything_is_granted_without_a_warning() -> None:
    system = FakeSystem()
    with realtime_thread(Wishes(), system) as permitted:
        assert (permitted.is_fifo, permitted.core, permitted.is_memory_locked, permitted.may_spin) == (
            True,
            2,
            True,
            True,
        )
        assert permitted.warnings == ()
        assert permitted.spin_ns(1_000_000) == 100_000
        assert permitted.spin_ns(100_000) == 10_000
        assert not system.is_back
    assert system.asked == list(CALLS)
    assert system.is_back


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        ("lock_memory", "memory is not locked"),
        ("set_timer_slack", "timer slack"),
        ("set_fifo", "no SCHED_FIFO"),
        ("pin", "not pinned"),
    ],
)
def test_every_refusal_is_one_sentence_and_the_rest_is_still_asked_for(refused: str, words: str) -> None:
    system = FakeSystem((refused,))
    with realtime_thread(Wishes(), system) as permitted:
        (warning,) = permitted.warnings
    assert warning.startswith(words)
    assert "not permitted" in warning
    assert warning.isprintable()
    assert permitted.is_memory_locked is (refused != "lock_memory")
    assert permitted.is_fifo is (refused != "set_fifo")
    assert permitted.core == (None if refused in ("set_fifo", "pin") else 2)
    assert permitted.spin_ns(1_000_000) == (0 if refused == "set_fifo" else 100_000)


def test_where_all_is_refused_the_loop_still_runs() -> None:
    system = FakeSystem(CALLS)
    with realtime_thread(Wishes(), system) as permitted:
        assert len(permitted.warnings) == 3  # an ordinary thread is better off on any core
        assert permitted.spin_ns(1_000_000) == 0
    assert "pin" not in system.asked


def test_an_ordinary_loop_asks_for_no_priority_and_is_not_told_of_it() -> None:
    system = FakeSystem(CALLS)
    with realtime_thread(Wishes(priority=None, is_memory_locked=False), system) as permitted:
        assert not permitted.is_fifo
    assert system.asked == ["set_timer_slack"]


def test_a_priority_that_another_program_takes_away_is_told() -> None:
    system = FakeSystem()
    with realtime_thread(Wishes(), system) as permitted:
        assert still_permitted(permitted, system) is permitted
        system.has_fifo = False
        found = still_permitted(permitted, system)
    assert (found.is_fifo, found.warnings) == (False, (TAKEN_AWAY,))
    with realtime_thread(Wishes(priority=None), system) as permitted:
        assert still_permitted(permitted, system) is permitted
    assert LinuxSystem().is_fifo() is (os.sched_getscheduler(0) == os.SCHED_FIFO)


@pytest.mark.parametrize(
    ("cores", "isolated", "core", "spin_ns"),
    [((0, 1), (), 1, 100_000), ((0, 1, 2, 3), (2,), 2, 100_000), ((0, 1), (5,), 1, 100_000), ((3,), (), None, 0)],
)
def test_a_core_that_the_kernel_leaves_alone_comes_first(
    cores: tuple[int, ...], isolated: tuple[int, ...], core: int | None, spin_ns: int
) -> None:
    with realtime_thread(Wishes(), FakeSystem(cores=cores, isolated=isolated)) as permitted:
        assert permitted.core == core
        assert permitted.spin_ns(1_000_000) == spin_ns


def test_linux_takes_back_what_it_gave() -> None:
    before = os.sched_getscheduler(0), os.sched_getaffinity(0)
    with realtime_thread(Wishes()) as permitted:
        inside = os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK
        assert (inside == os.SCHED_FIFO) is permitted.is_fifo
        assert permitted.core is None or os.sched_getaffinity(0) == {permitted.core}
    assert (os.sched_getscheduler(0), os.sched_getaffinity(0)) == before


def test_memory_with_a_limit_is_not_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_module, "may_lock_all", lambda: False)
    monkeypatch.setattr(system_module.resource, "getrlimit", lambda _: (8_388_608, 8_388_608))
    with pytest.raises(OSError, match="8192 kB"):
        LinuxSystem().lock_memory()


@pytest.mark.parametrize(
    ("status", "may"),
    [("CapEff:\t0000000000004000\n", True), ("CapEff:\t0000000000003fff\n", False), ("CapEff:\n", False), ("", False)],
)
def test_the_capability_to_lock_memory_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: str, may: bool
) -> None:
    path = tmp_path / "status"
    path.write_text(status)
    monkeypatch.setattr(system_module, "STATUS", path)
    assert system_module.may_lock_all() is may
    monkeypatch.setattr(system_module, "STATUS", path.with_name("missing"))
    assert not system_module.may_lock_all()


@pytest.mark.parametrize(("text", "cores"), [("\n", ()), ("2-3,6\n", (2, 3, 6)), ("0", (0,)), ("1,0-1", (0, 1))])
def test_lists_of_cores_are_read_as_the_kernel_writes_them(text: str, cores: tuple[int, ...]) -> None:
    assert cores_of(text) == cores


def test_a_call_that_the_c_library_does_not_have_is_refused() -> None:
    with pytest.raises(OSError, match="no such_call"):
        system_module._checked("such_call")


def test_a_reserve_of_heap_is_made_of_many_blocks() -> None:
    assert len(HeapReserve(2_000_000)._kept) > 2

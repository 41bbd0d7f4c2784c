"""The heir never opens the bus, and so never writes, while its owner could still write."""

import fcntl
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.driver import DriverSettings, ServoDriver
from hardware.dynamixel.port import OwnedPort, PortSettings
from hardware.errors import LinkError
from hardware.heir import fence as fencing
from hardware.heir.fence import OwnerAliveError, fence, inherited_bus
from hardware.heir.process_handle import Handle, ProcessHandle
from sim.peers.line import Line

NEVER = 10**6
WRITER = """
import os, sys, fcntl
port = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
fcntl.flock(port, fcntl.LOCK_EX | fcntl.LOCK_NB)
print("ready", flush=True)
while True:
    os.write(port, b"owner ")
"""


class _Owner:
    """An owner that ends some looks after a kill, or by itself; every look is an instant.

    Args:
        dies_after_kill: looks from the first kill to its end.
        ends_at: look at which it ends by itself.
        refuses: tries of its link that fail after its end, as where the kernel is late with the lock.
    """

    def __init__(self, dies_after_kill: int, ends_at: int, refuses: int) -> None:
        self._dies_after_kill, self._ends_at, self.refuses = dies_after_kill, ends_at, refuses
        self._now, self._killed, self.kills = 0, NEVER, 0

    @property
    def can_write(self) -> bool:
        return self._now < min(self._ends_at, self._killed + self._dies_after_kill)

    def is_gone(self) -> bool:
        self._now += 1
        return not self.can_write

    def wait_until_gone(self, wall_s: float) -> bool:
        self._now += 1
        return not self.can_write

    def kill(self) -> None:
        self.kills += 1
        self._killed = min(self._killed, self._now)

    def open(self) -> ServoDriver:
        """Open its link, as the settings of a driver do."""
        assert not self.can_write, "two masters on one bus"
        if self.refuses > 0:
            self.refuses -= 1
            raise LinkError("bus", "another process has the link", "-")
        return cast("ServoDriver", self)


@dataclass
class _Link:
    """A port without a driver, opened as the settings of a driver are."""

    port: PortSettings

    def open(self) -> OwnedPort:
        return OwnedPort(self.port)


def _inherited(owner: Handle, port: PortSettings) -> OwnedPort:
    return cast("OwnedPort", inherited_bus(owner, cast("DriverSettings", _Link(port))))


@given(
    dies=st.integers(0, 200), ends_at=st.one_of(st.just(NEVER), st.integers(0, 100)), refuses=st.integers(0, 3),
    is_fenced=st.booleans(),
)  # fmt: skip
def test_whatever_the_owner_does_its_bus_is_opened_only_after_its_end(
    dies: int, ends_at: int, refuses: int, is_fenced: bool
) -> None:
    owner = _Owner(dies, ends_at, refuses)
    settings = cast("DriverSettings", owner)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fencing, "LOOK_S", 0.0)
        if is_fenced:
            fence(owner, lambda: None)
            assert not owner.can_write
            assert (owner.kills > 0) is (ends_at > 1), "one that is gone already is not killed"
        elif ends_at > 1:
            with pytest.raises(OwnerAliveError, match="fence it first"):
                inherited_bus(owner, settings)
            return
        inherited_bus(owner, settings)


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.close()


@pytest.fixture
def writer(line: Line) -> Iterator[subprocess.Popen[str]]:
    words = [sys.executable, "-c", WRITER, line.path]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def _drained(line: Line) -> bytes:
    found = b""
    while select.select([line], [], [], 0.05)[0]:
        found += line.receive()
    return found


@pytest.mark.parametrize("is_hung", [False, True])
def test_a_real_owner_that_writes_without_end_or_hangs_is_killed_before_the_port_is_opened(
    line: Line, writer: subprocess.Popen[str], is_hung: bool
) -> None:
    settings = PortSettings(line.path, 4_000_000, 0.1)
    handle = ProcessHandle(writer.pid)
    if is_hung:
        os.kill(writer.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, writer.pid, os.WSTOPPED | os.WNOWAIT)
    with pytest.raises(LinkError, match="another process has the port"):
        OwnedPort(settings)
    with pytest.raises(OwnerAliveError):
        _inherited(handle, settings)
    # The kernel keeps what was written to a line that nobody reads: the owner may stand in the middle of a write.
    began_s = time.monotonic()
    fence(handle, lambda: None)
    port = _inherited(handle, settings)
    assert time.monotonic() - began_s < 5.0
    earlier = _drained(line)
    port.writePort(b"heir")
    os.kill(writer.pid, signal.SIGCONT)
    assert _drained(line) == b"heir", "nothing of the owner comes after the heir's first byte"
    assert earlier == b"" or earlier.startswith(b"owner ")
    with pytest.raises(LinkError, match="another process has the port"):
        OwnedPort(settings)
    port.close()
    handle.close()
    assert writer.wait() == -signal.SIGKILL


def test_the_end_of_a_process_wakes_its_handle_and_one_that_was_gone_before_is_gone(tmp_path: Path) -> None:
    with subprocess.Popen(["/bin/sleep", "60"]) as process:
        handle = ProcessHandle(process.pid)
        assert not handle.wait_until_gone(0.0)
        threading.Timer(0.05, process.kill).start()
        assert handle.wait_until_gone(10.0)
        assert handle.is_gone(), "also while nobody has waited for it"
        assert ProcessHandle(process.pid).is_gone()
        handle.kill()
        handle.close()
    assert ProcessHandle(process.pid).is_gone()


def test_a_link_that_is_not_there_any_more_or_that_somebody_holds_is_asked_for_again_for_a_second(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fencing, "LINK_S", 0.2)
    gone = _Owner(0, 0, 0)
    began_s = time.monotonic()
    with pytest.raises(LinkError, match="no such device"):
        _inherited(gone, PortSettings("/dev/no-such-bus", 4_000_000, 0.1))
    assert time.monotonic() - began_s >= 0.2
    holder = os.open(line.path, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    began_s = time.monotonic()
    with pytest.raises(LinkError, match="another process has the port"):
        _inherited(gone, PortSettings(line.path, 4_000_000, 0.1))
    assert time.monotonic() - began_s >= 0.2
    os.close(holder)
    _inherited(gone, PortSettings(line.path, 4_000_000, 0.1)).close()

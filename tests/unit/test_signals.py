"""What signals do to processes that stand apart, to a session, and to what is written to a closed terminal."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from controller.processes.realtime import waiting
from controller.processes.signals import CUTTING, ENDING, SUSPENDING, held_back, ignored
from controller.types import Cause
from workbench.runs.signals import drop_closed_terminals, interrupt_on_signals, stop_on_signals

NAMED = (
    "SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGXCPU",
    "SIGPWR", "SIGIO",
)  # fmt: skip
APART = """
import os, signal, sys
from controller.processes.signals import stand_apart, listen_for_end
stand_apart()
asked = []
listen_for_end(lambda: asked.append(1))
assert os.getsid(0) == os.getpid()
print("ready", flush=True)
sys.stdin.readline()
print(len(asked), flush=True)
"""


def test_every_signal_that_ends_or_suspends_and_can_be_ignored_is_known() -> None:
    assert {getattr(signal, name) for name in NAMED} <= ENDING
    assert {signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU} == SUSPENDING
    assert {signal.SIGRTMIN, signal.SIGRTMAX} <= CUTTING
    others = set(signal.valid_signals()) - CUTTING
    assert {signal.Signals(number).name for number in others} == {
        "SIGKILL", "SIGSTOP", "SIGCONT", "SIGCHLD", "SIGURG", "SIGWINCH", "SIGPIPE", "SIGXFSZ",
        "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGTRAP", "SIGABRT", "SIGSYS",
    }  # fmt: skip


def test_a_process_that_stands_apart_outlives_every_signal_and_hears_only_a_termination_signal() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", APART], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for number in sorted(CUTTING) * 2:
            process.send_signal(number)
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() in {"1\n", "2\n"}
    assert process.returncode == 0


@pytest.mark.parametrize("number", sorted(ENDING))
def test_whatever_would_end_a_session_stops_it_instead(number: int) -> None:
    asked: list[Cause] = []
    before = signal.getsignal(number)
    with stop_on_signals(asked.append):
        signal.raise_signal(number)
        signal.raise_signal(number)
    assert asked == [Cause.OPERATOR] * 2
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1])
def test_whatever_would_end_the_owner_lets_it_clear_up(number: int) -> None:
    cleared = []

    def work() -> None:
        try:
            signal.raise_signal(number)
        finally:
            with ignored():
                signal.raise_signal(number)
                cleared.append(number)

    with pytest.raises(KeyboardInterrupt), interrupt_on_signals():
        work()
    assert cleared == [number]


def test_what_is_written_to_a_closed_terminal_is_dropped(tmp_path: Path) -> None:
    child, terminal = pty.fork()
    if child == 0:
        code = 1
        try:
            signal.signal(signal.SIGHUP, lambda _number, _frame: drop_closed_terminals())
            os.write(1, b"ready")
            while os.isatty(1):
                signal.pause()
            os.write(1, b"anything")
            os.write(2, b"anything")
            (tmp_path / "written").touch()
            code = 0
        finally:
            os._exit(code)
    assert os.read(terminal, 5) == b"ready"
    os.close(terminal)
    assert os.waitpid(child, 0)[1] == 0
    assert (tmp_path / "written").exists()


def test_time_in_which_a_process_did_not_run_is_no_waiting_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now, looks = [0.0], []

    def sleep(_span_s: float) -> None:
        now[0] += 1000.0 if len(looks) == 3 else 0.01

    monkeypatch.setattr(waiting.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(waiting.time, "sleep", sleep)
    assert waiting.wait_for(lambda: looks.append(1), 0.2) is None
    assert now[0] == pytest.approx(1000.0 + 0.2 - waiting.HELD_UP_S, abs=0.011)
    assert waiting.wait_for(lambda: "seen", 0.0) == "seen"


def test_signals_that_are_held_back_arrive_afterwards_and_later_in_a_process_started_meanwhile() -> None:
    code = (
        "import signal\n"
        "from controller.processes.signals import let_through\n"
        "seen = []\n"
        "assert signal.SIGHUP in signal.pthread_sigmask(signal.SIG_BLOCK, ())\n"
        "signal.signal(signal.SIGHUP, lambda *_: seen.append(1))\n"
        "signal.raise_signal(signal.SIGHUP)\n"
        "assert not seen\n"
        "let_through()\n"
        "assert seen == [1]\n"
    )
    asked: list[Cause] = []
    with stop_on_signals(asked.append):
        with held_back():
            signal.raise_signal(signal.SIGHUP)
            subprocess.run([sys.executable, "-c", code], check=True)
            assert asked == []
        assert asked == [Cause.OPERATOR]

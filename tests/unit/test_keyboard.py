"""Keys of a real terminal become requests; the terminal is left as it was, and anything else is no terminal."""

from __future__ import annotations

import io
import os
import pty
import sys
import termios

import pytest

from controller.observers import ClearedEvent, RequestEvent
from controller.operator import Request
from controller.safety.reaction import stop_reason
from controller.types import Cause, Clearance
from workbench.runs.keyboard import HELP, KEYS, PAUSE_KEY, POLL_TICKS, Keyboard

CHILD = """
import os, sys, time
from workbench.runs.keyboard import Keyboard, POLL_TICKS
with Keyboard(sys.stdin) as keys:
    print("open" if keys.is_open else "closed", flush=True)
    found = []
    while len(found) < int(sys.argv[1]):
        found += [one.request.value for one in keys.poll(0.0).asked]
        time.sleep(1e-4)
    print(" ".join(found), flush=True)
    if sys.argv[2] == "fail":
        raise RuntimeError("the session failed")
"""


def run_on_terminal(keys: bytes, ending: str) -> tuple[str, bool]:
    """Return what a process on a terminal of its own printed, and whether it left the terminal as it was."""
    child, master = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-c", CHILD, str(len(keys)), ending])  # noqa: S606
    before = termios.tcgetattr(master)
    output = b""
    while b"open" not in output:
        output += os.read(master, 1024)
    assert not termios.tcgetattr(master)[3] & (termios.ECHO | termios.ICANON)
    os.write(master, keys)
    try:
        while data := os.read(master, 1024):
            output += data
            after = termios.tcgetattr(master)
    except OSError:  # the other end is closed
        pass
    os.waitpid(child, 0)
    after = termios.tcgetattr(master)
    os.close(master)
    return output.decode(), after == before


@pytest.mark.parametrize("ending", ["well", "fail"])
def test_keys_are_read_without_echo_and_the_terminal_is_restored(ending: str) -> None:
    output, is_restored = run_on_terminal(b"sf[]khc p", ending)
    assert "softer firmer slower faster skip hurts_here clear stop pause" in " ".join(output.split())
    assert ("the session failed" in output) is (ending == "fail")
    assert is_restored


@pytest.mark.parametrize("stream", [io.StringIO("ppp"), open(os.devnull)])  # noqa: SIM115
def test_what_is_no_terminal_is_no_error(stream: io.TextIOBase) -> None:
    with Keyboard(stream) as keys:  # type: ignore[arg-type]
        assert not keys.is_open
        for _ in range(2 * POLL_TICKS):
            found = keys.poll(0.0)
        assert found.asked == ()
        assert found.may_clear is Clearance.NOBODY, "a stop that no key can clear ends the session"
        keys.ask_stop()
        assert [one.request for one in keys.poll(0.0).asked] == [Request.STOP]


def test_p_pauses_and_resumes_in_turn_whoever_asked_last() -> None:
    keys = Keyboard(io.StringIO())

    def pressed() -> Request:
        keys._press(PAUSE_KEY)
        return keys.poll(0.0).asked[0].request

    assert pressed() is Request.PAUSE
    keys.on_event(1.0, RequestEvent(Request.PAUSE, Clearance.OPERATOR, False, "stopped"))
    assert pressed() is Request.PAUSE, "the first one was refused"
    keys.on_event(1.0, RequestEvent(Request.PAUSE, Clearance.OPERATOR, True, "waits"))
    assert pressed() is Request.RESUME
    keys.on_event(2.0, ClearedEvent(stop_reason(Cause.OPERATOR, "request", 1.0, 0.0, "", 1.5), Clearance.OPERATOR))
    assert pressed() is Request.PAUSE


def test_every_key_is_in_the_line_that_is_shown() -> None:
    for key in (*KEYS, PAUSE_KEY):
        assert (f"{key} " if key != " " else "space") in HELP

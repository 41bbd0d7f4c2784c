"""What session loop and owner make of the heir: a loss has a name, and without an heir there is no torque."""

import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from controller.errors import PlantError
from controller.processes.drive_loop import Patience
from controller.types import Cause
from hardware.heir import watch as watching
from hardware.heir.watch import SuccessionWatch
from hardware.owner import process as owning
from hardware.owner.bus_word import HeirCell, HeirCodec, HeirState, succession_blocks

JOINTS = 3


class _Heir:
    """A heir's block and a process that stands for it."""

    def __init__(self, stack: ExitStack) -> None:
        self.prefix = f"massage-arm-test-{os.getpid()}-{secrets.token_hex(4)}"
        _, self._block = (stack.enter_context(block) for block in succession_blocks(self.prefix, JOINTS))
        self.process = stack.enter_context(subprocess.Popen(["/bin/sleep", "60"]))
        stack.callback(self.process.kill)
        self._beat = 0

    def say(self, state: HeirState = HeirState.WATCHING) -> None:
        self._beat += 1
        self._block.writer.write(HeirCodec(JOINTS).pack(HeirCell(self._beat, state, self.process.pid)))


@pytest.fixture
def heir() -> Iterator[_Heir]:
    with ExitStack() as stack:
        yield _Heir(stack)


def test_a_session_without_a_loss_goes_on_and_an_heir_that_acts_means_that_the_owner_is_lost(heir: _Heir) -> None:
    watch = SuccessionWatch(heir.prefix, JOINTS, is_lock_step=False)
    assert watch.loss() is None, "the heir has said nothing yet"
    for _ in range(20):
        heir.say()
        assert watch.loss() is None
    heir.say(HeirState.ACTING)
    assert watch.loss() is Cause.BUS_OWNER_LOST
    heir.process.kill()
    heir.process.wait()
    assert watch.loss() is Cause.BUS_OWNER_LOST, "the first loss is the one that is told"


def test_an_heir_that_dies_is_lost_at_once(heir: _Heir) -> None:
    watch = SuccessionWatch(heir.prefix, JOINTS, is_lock_step=True)
    heir.say()
    assert watch.loss() is None
    heir.process.kill()
    until_s = time.monotonic() + 10.0
    while watch.loss() is None and time.monotonic() < until_s:
        heir.say()
    assert watch.loss() is Cause.HEIR_LOST


def test_an_heir_that_hangs_is_lost(heir: _Heir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "SILENT", Patience(0.05, 5))
    watch = SuccessionWatch(heir.prefix, JOINTS, is_lock_step=False)
    heir.say()
    assert watch.loss() is None
    time.sleep(0.06)
    assert [watch.loss() for _ in range(7)][-1] is Cause.HEIR_LOST


@pytest.mark.parametrize("state", [HeirState.STARTING, HeirState.WATCHING])
def test_without_an_heir_that_looks_there_is_no_torque(
    heir: _Heir, state: HeirState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owning, "HEIR_WAIT_S", 0.1)
    heir.say(state)
    setup = SimpleNamespace(prefix=heir.prefix, rig=SimpleNamespace(joints=JOINTS))
    with pytest.raises(PlantError, match=r"no heir of the servo bus within 0\.1 s: no torque"):
        owning.refuse_without_heir(setup)  # type: ignore[arg-type]

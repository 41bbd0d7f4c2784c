"""The heir's own code against an emulated bus and a real process that owns it: who writes when, and how it ends."""

import math
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from controller.processes.cells import OwnerCell, OwnerCodec, SensesCell, SensesCodec
from controller.processes.launch import first_blocks
from controller.processes.shared_memory import OwnedBlock
from controller.rig import Identity, Rig
from controller.types import ArmState, Authority
from hardware.dynamixel.cyclic import JointScale
from hardware.dynamixel.port import PortSettings
from hardware.dynamixel.servo import ServoSettings
from hardware.dynamixel.settings import DynamixelSettings
from hardware.dynamixel.transactions import Address
from hardware.heir.process import Heir, HeirSetup
from hardware.heir.vigil import Finding
from hardware.netft import SensorSettings
from hardware.owner.bus_word import BusCodec, BusWord, HeirCell, HeirReader, HeirState, Power, succession_blocks
from hardware.owner.process import OwnerSetup, owner_gravity
from hardware.rig_model import SENSES
from sim.peers.packets import Instruction
from sim.peers.rdt_server import LOOPBACK
from tests.gate_cases import soft_gains
from tests.servo_bus import ANSWER_S, P_MODEL, ThreadedBus
from tests.sim_cases import setting

DT_S, LIMIT_A, NM_PER_A = 1e-3, 9.0, 10.0
WATCHDOG_S = 2.4
"""Of the servos: a third of it is more than a busy machine holds the owner up."""
OWNER = """
import os, sys, time
from hardware.dynamixel.port import OwnedPort, PortSettings
from hardware.owner.bus_word import BusWord, Power
port = OwnedPort(PortSettings(sys.argv[1], 4_000_000, 0.1))
word = BusWord(sys.argv[2], 7)
word.say(Power.ON)
print("ready", flush=True)
while True:
    port.writePort(bytes.fromhex(sys.argv[3]))
    word.beat()
    time.sleep(0.001)
"""
"""Owns the bus as the real one does and sends the same goals for ever, without loading an arm."""


class _RecordingBus(ThreadedBus):
    """Servos of a whole arm that note every packet of goals."""

    def __init__(self) -> None:
        super().__init__(P_MODEL, 7)
        self.goals: list[tuple[float, bytes]] = []
        answer = self.bus.answer

        def noted(instruction: Instruction) -> bytes:
            if self.bus.is_goal(instruction):
                self.goals.append((time.monotonic(), instruction.parameters[4:]))
            return answer(instruction)

        self.bus.answer = noted  # type: ignore[method-assign]


def _goals_packet(amperes: float) -> tuple[str, bytes]:
    """Return a whole packet of goals and what a servo bus gets of it."""
    from dynamixel_sdk import PacketHandler  # noqa: PLC0415

    sent: list[list[int]] = []

    class Port:
        is_using = False

        def clearPort(self) -> None:  # noqa: N802
            """Nothing to drop."""

        def writePort(self, packet: list[int]) -> int:  # noqa: N802
            sent.append(list(packet))
            return len(packet)

    data = b"".join(bytes([number]) + round(1e3 * amperes).to_bytes(2, "little") for number in range(1, 8))
    PacketHandler(2.0).syncWriteTxOnly(Port(), 550, 2, list(data), len(data))
    return bytes(sent[0]).hex(), data


class _World:
    """Bus, shared memory, an owner in a process of its own, and an heir in this one."""

    def __init__(self, stack: ExitStack, *, is_over: bool = True) -> None:
        arm, placement, _, _ = setting()
        self.peer = stack.enter_context(_RecordingBus())
        self.prefix = f"massage-arm-test-{os.getpid()}-{secrets.token_hex(4)}"
        blocks = [stack.enter_context(block) for block in first_blocks(self.prefix, 7)]
        self.word, self.heir_block = (stack.enter_context(block) for block in succession_blocks(self.prefix, 7))
        blocks[3].writer.write(OwnerCodec(7).pack(OwnerCell(is_over)))
        # The emulated servos stand at zero: that is where this arm rests.
        self.rest = (0.0,) * 7
        senses = ArmState(3.0, self.rest, self.rest, self.rest, (0.0,) * 6, 0.0, 1, Authority.NOBODY, 0.0, 0.0)
        blocks[2].writer.write(SensesCodec(7).pack(SensesCell(2999, senses)))
        self.senses: OwnedBlock = blocks[2]
        scale = JointScale(self.peer.model, 1, 0, 1.0, NM_PER_A)
        servos = tuple(
            ServoSettings(Address(name, number), scale, LIMIT_A) for number, name in enumerate(arm.joint_names, 1)
        )
        port = PortSettings(self.peer.line.path, 4_000_000, ANSWER_S)
        driver = DynamixelSettings(port, servos, WATCHDOG_S)
        bus = driver.open()
        bus.connect()
        bus.close()
        for servo in self.peer.bus.servos:
            servo.put(servo.kind.layout.torque, 1, 1)
        packet, self.owners = _goals_packet(1.0)
        words = [sys.executable, "-c", OWNER, self.peer.line.path, self.prefix, packet]
        self.owner = stack.enter_context(subprocess.Popen(words, stdout=subprocess.PIPE, text=True))
        stack.callback(self.owner.kill)
        assert self.owner.stdout is not None
        assert self.owner.stdout.readline() == "ready\n"
        rig = Rig(
            "servo7", 7, DT_S, 2e-3, 2e-3, DT_S, 0.05, False, frozenset(), True, SENSES, (0.0, 60.0),
            Identity("test", "dynamixel", "-"),
        )  # fmt: skip
        self.setup = OwnerSetup(
            self.prefix, arm, placement, rig, driver,
            SensorSettings(LOOPBACK, 9, 1.0, 1.0, 0.0), self.rest, soft_gains(), os.getppid(), False,
        )  # fmt: skip
        self.heir = Heir(HeirSetup(self.setup, self.owner.pid))

    def says(self) -> HeirCell:
        cell = HeirReader(self.prefix, 7).read()
        assert cell is not None
        return cell

    def power(self) -> Power:
        cell = BusCodec(7).unpack(self.word.reader.read())
        assert cell is not None
        return cell.power


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[_World]:
    monkeypatch.setattr("hardware.owner.process.quiet_memory", lambda: None)
    with ExitStack() as stack:
        yield _World(stack)


def _watched_until(world: _World, number: int) -> Finding:
    """Let the heir watch for a while, send the owner a signal, and return what the heir finds."""
    process = subprocess.Popen(["/bin/sh", "-c", f"sleep 0.3; kill -{number} {world.owner.pid}"])
    try:
        return world.heir.watch()
    finally:
        process.wait()


@pytest.mark.parametrize(("number", "found"), [(signal.SIGKILL, Finding.GONE), (signal.SIGSTOP, Finding.SILENT)])
def test_the_heir_takes_the_bus_from_its_dead_hand_floats_by_its_own_model_and_ends_like_the_owner(
    world: _World, number: int, found: Finding
) -> None:
    assert _watched_until(world, number) is found
    world.heir.take_over()
    os.kill(world.owner.pid, signal.SIGCONT)
    assert world.owner.wait() == -signal.SIGKILL
    is_owners = [goals == world.owners for _, goals in world.peer.goals]
    first = is_owners.index(False)
    assert first > 5, "the owner has sent while it lived"
    assert not any(is_owners[first:]), "nothing of the owner comes after the heir's first packet"
    held = owner_gravity(world.setup)(world.rest)
    goals = [int.from_bytes(world.peer.goals[first][1][3 * j + 1 : 3 * j + 3], "little", signed=True) for j in range(7)]
    assert goals == pytest.approx([1e3 * tau / NM_PER_A for tau in held], abs=1.0), "by its own model, in the first one"
    says = world.says()
    assert says.state is HeirState.ACTING
    assert 0.0 < says.silent_s < 5.0
    assert says.noticed_s <= says.sent_s
    assert world.power() is Power.OFF
    assert not any(servo.is_on for servo in world.peer.bus.servos), "at rest, in a run that is over, torque goes"
    newest = SensesCodec(7).unpack(world.senses.reader.read())
    assert newest is not None
    assert newest.tick > 2999
    assert newest.state.t_s > 3.0, "the owner's clock goes on"


def test_an_arm_that_is_not_at_rest_keeps_its_torque_until_it_is_led_there(world: _World) -> None:
    for servo in world.peer.bus.servos:
        servo.show(0.2, 0.0, 0.0)
    world.owner.kill()
    assert world.heir.watch() is Finding.GONE
    thread = threading.Thread(target=world.heir.take_over)
    thread.start()
    thread.join(0.5)
    assert thread.is_alive()
    assert all(servo.is_on for servo in world.peer.bus.servos)
    assert world.power() is Power.ON
    for servo in world.peer.bus.servos:
        servo.show(0.0, 0.0, 0.0)
    thread.join(20.0)
    assert not thread.is_alive()
    assert not any(servo.is_on for servo in world.peer.bus.servos)


def test_an_owner_that_has_ended_in_order_leaves_nothing_to_inherit(world: _World) -> None:
    world.owner.kill()
    world.owner.wait()
    BusWord(world.prefix, 7).say(Power.OFF)
    count = len(world.peer.goals)
    assert world.heir.watch() is Finding.DONE
    assert len(world.peer.goals) == count
    assert math.isnan(world.says().sent_s)

"""The heir as a process: it watches the owner of the bus, and takes the bus when the owner is gone or silent.

It does what the owner does when nobody commands, by the owner's own code: drive policy, drive loop, drive side, and a
robot model of its own. The supervisor, if it lives, then takes the drives from it as from the owner.
"""

from __future__ import annotations

import contextlib
import math
import os
import socket
import time
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection

from controller.errors import PlantError
from controller.processes.cells import SensesCell, SensesCodec
from controller.processes.gravity import RobotGravity
from controller.processes.owner import OwnerWatch
from controller.processes.realtime.memory import quiet_memory
from controller.processes.realtime.priority import HEIR_PRIORITY, become_realtime
from controller.processes.shared_memory import BlockReader, BlockWriter, attach
from controller.processes.signals import stand_apart
from controller.types import Vector
from hardware.driver import JointReading, ServoDriver, whole
from hardware.heir.fence import fence, inherited_bus
from hardware.heir.process_handle import ProcessHandle
from hardware.heir.vigil import Finding, Vigil, VigilBounds
from hardware.netft import NetFtSensor
from hardware.owner.bus_word import NO_HEIR, BusCodec, BusWord, HeirCell, HeirCodec, HeirState
from hardware.owner.clock import Clock, LockStepClock, WallClock
from hardware.owner.drive_side import Inheritance, ServoDriveSide, SideParts
from hardware.owner.process import OwnerFailure, OwnerSetup, keep, owner_gravity

LOOK_S = 0.002
"""Longest time between two looks at the owner: short against any watchdog, and its end wakes the heir at once."""


@dataclass(frozen=True, slots=True)
class HeirSetup:
    """What the heir is started with.

    Attributes:
        owner: what the owner of the bus was started with.
        bus_owner_pid: process of the owner of the bus.
        silence_s: time that the peers of a rehearsal let pass between the owner's last packet and the heir's first;
            on the wall clock it is what it is.
    """

    owner: OwnerSetup
    bus_owner_pid: int
    silence_s: float = 0.0


class Heir:
    """Watches, and takes over; nothing of a bus is open before that.

    Args:
        setup: whom to watch.

    Raises:
        PlantError: the shared memory is missing or foreign.
    """

    def __init__(self, setup: HeirSetup) -> None:
        owner = setup.owner
        self._setup, joints = setup, owner.rig.joints
        self._handle = ProcessHandle(setup.bus_owner_pid)
        self._bus, self._senses, self._codec = BusCodec(joints), SensesCodec(joints), HeirCodec(joints)
        self._bus_reader = BlockReader(attach(owner.prefix, self._bus.kind, may_write=False), self._bus.kind)
        self._senses_reader = BlockReader(attach(owner.prefix, self._senses.kind, may_write=False), self._senses.kind)
        self._writer = BlockWriter(attach(owner.prefix, self._codec.kind, may_write=True), self._codec.kind)
        self._run = OwnerWatch(owner.prefix, joints, owner.owner_pid)
        self._gravity: RobotGravity = owner_gravity(owner)
        self._sensor = replace(owner.sensor, host=_address(owner.sensor.host))
        self._vigil = Vigil(VigilBounds.of(owner.driver.watchdog_s, is_lock_step=owner.is_lock_step))
        self._cell = replace(NO_HEIR, pid=os.getpid())

    def watch(self) -> Finding:
        """Watch until the owner has ended or is silent; return which of both."""
        self._say(replace(self._cell, state=HeirState.WATCHING))
        while True:
            is_gone = self._handle.wait_until_gone(LOOK_S)
            cell = self._bus.unpack(self._bus_reader.read())
            found = self._vigil.look(time.monotonic(), cell, is_gone=is_gone, is_over=self._run.is_over())
            self._beat()
            if found is not Finding.FINE:
                return found

    def take_over(self) -> None:
        """Make sure that the owner is gone, take the bus, and hold the arm as the owner does when nobody commands.

        Raises:
            PlantError: the link is gone, or somebody else has it.
        """
        owner = self._setup.owner
        self._say(replace(self._cell, state=HeirState.FENCING, noticed_s=time.monotonic()))
        fence(self._handle, self._beat)
        bus = inherited_bus(self._handle, owner.driver)
        try:
            last = self._senses.unpack(self._senses_reader.read())
            inherited = self._adopt(bus, last)
            clock = self._clock(last)
            clock.advance()  # the packet above was one
            parts = SideParts(
                bus, NetFtSensor(self._sensor, is_needed=False), self._gravity, clock,
                BusWord(owner.prefix, owner.rig.joints),
            )  # fmt: skip
            side = ServoDriveSide(parts, owner.rest_rad, inherited)
        except BaseException:
            bus.close()
            raise
        keep(owner, side, parts.word, last)

    def _adopt(self, bus: ServoDriver, last: SensesCell | None) -> Inheritance:
        """Send what holds the arm before anything is read, by the newest posture that is known."""
        readings, ages_s = _readings(last)
        if not readings:
            readings = whole(bus.read())
        if not readings:
            raise PlantError("no posture of the arm is known, and the bus gives none", "support the arm by hand")
        bus.adopt(self._gravity(tuple([reading.q_rad for reading in readings])))
        sent_s = time.monotonic()
        silent_s = sent_s - self._last_sent_s(sent_s)
        self._say(replace(self._cell, state=HeirState.ACTING, sent_s=sent_s, silent_s=silent_s))
        return Inheritance(readings, tuple([silent_s + age_s for age_s in ages_s or (0.0,) * len(readings)]))

    def _clock(self, last: SensesCell | None) -> Clock:
        """Return the owner's clock as it goes on."""
        t_s = 0.0 if last is None else last.state.t_s
        if self._setup.owner.is_lock_step:
            dt_s = self._setup.owner.rig.dt_s
            return LockStepClock(dt_s, round(t_s / dt_s) + round(self._setup.silence_s / dt_s))
        return WallClock(self._last_sent_s(time.monotonic()) - t_s)

    def _last_sent_s(self, otherwise_s: float) -> float:
        """Return when the owner sent its last packet [s]; something else where it has sent none, or none is known."""
        said = self._bus.unpack(self._bus_reader.read())
        return otherwise_s if said is None or said.beat == 0 else said.sent_s

    def _beat(self) -> None:
        self._say(replace(self._cell, beat=self._cell.beat + 1))

    def _say(self, cell: HeirCell) -> None:
        self._cell = cell
        self._writer.write(self._codec.pack(cell))


def _readings(last: SensesCell | None) -> tuple[tuple[JointReading, ...], Vector]:
    """Return the last senses as readings of the servos, with their ages [s]; none where a posture is no number."""
    if last is None or last.tick < 0 or not math.isfinite(sum(last.state.q_rad)):
        return (), ()
    state, count = last.state, len(last.state.q_rad)
    nothing: Vector = (math.nan,) * count
    rows = zip(
        state.q_rad, state.dq_rad_s, state.tau_nm, state.joint_fault or (0,) * count,
        state.temperatures_c or nothing, state.voltages_v or nothing, strict=True,
    )  # fmt: skip
    readings = tuple(JointReading(q, dq, tau, fault, 0, warmth, volts) for q, dq, tau, fault, warmth, volts in rows)
    return readings, state.joint_age_s


def _address(host: str) -> str:
    """Return the number of a host now: asking for it later could take seconds."""
    try:
        return socket.gethostbyname(host)
    except OSError:
        return host


def run_heir(setup: HeirSetup, result: Connection) -> None:
    """Be the heir's process until there is nothing to inherit, or what it inherited lies at rest.

    Args:
        setup: whom to watch.
        result: takes None once it watches, and an ``OwnerFailure`` where it ends with an error.
    """
    stand_apart()
    try:
        heir = Heir(setup)
        quiet_memory()
        become_realtime(HEIR_PRIORITY)
        result.send(None)
        if heir.watch() is not Finding.DONE:
            heir.take_over()
    except PlantError as error:
        with contextlib.suppress(OSError):  # whoever asked may be gone
            result.send(OwnerFailure(error.what, error.todo))

"""The owner of servo bus, wrist sensor and clock as a process: it takes the place of the simulated stage.

Drive policy, drive loop and shared memory are those of ``controller.processes``, as in simulation and drills; session
loop and supervisor see no difference. It reads, publishes, waits for the session loop, decides and writes. Connecting
only reads; torque comes with the first authority, and goes only where the arm lies still on its rest.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection

from controller.arm import ArmDescription, Placement
from controller.errors import PlantError
from controller.processes.cells import SensesCell
from controller.processes.drive_loop import DriveLoop, Patience
from controller.processes.drives import DriveSettings
from controller.processes.gravity import RobotGravity
from controller.processes.owner import OwnerWatch
from controller.processes.realtime.memory import quiet_memory
from controller.processes.realtime.priority import PLANT_PRIORITY, become_realtime
from controller.processes.realtime.waiting import wait_for
from controller.processes.signals import stand_apart
from controller.rig import Rig
from controller.robot import RobotModel
from controller.safety.limits import StopGains
from controller.types import Vector
from hardware.driver import DriverSettings
from hardware.netft import NetFtSensor, SensorSettings
from hardware.owner.bus_word import BusWord, HeirCell, HeirReader, HeirState
from hardware.owner.clock import LockStepClock, WallClock
from hardware.owner.drive_side import ServoDriveSide, SideParts

HARDWARE_DEADLINE_SHARE = 0.3
"""Share of a period that the owner of real servos waits for an answer beyond its beginning (assumed): what comes later
counts for the next period."""
LOCK_STEP_PATIENCE = Patience(2.0, 500)
"""How long a rehearsal waits for an answer: its time stands still meanwhile, so that a busy machine is no fault."""
HEIR_WAIT_S = 2.0
"""Longest wait for a sign of the heir before torque is given: it looks every 2 ms (assumed)."""
WARM_UP_TERMS = 20
"""Gravity terms before the start: the first ones load machine code."""


@dataclass(frozen=True, slots=True)
class OwnerSetup:
    """What the owner is started with.

    Attributes:
        prefix: of the shared memory's names.
        arm: the arm and its tool.
        placement: X_WB.
        rig: what the rig is.
        driver: what the driver of the servos is opened with.
        sensor: the wrist sensor.
        rest_rad: where the arm lies without torque, (n,).
        stop: gains of the stop laws.
        owner_pid: process that started this one; without it there is no run.
        is_lock_step: the other ends are peers whose time goes on with every command.
    """

    prefix: str
    arm: ArmDescription
    placement: Placement
    rig: Rig
    driver: DriverSettings
    sensor: SensorSettings
    rest_rad: Vector
    stop: StopGains
    owner_pid: int
    is_lock_step: bool


@dataclass(frozen=True, slots=True)
class OwnerFailure:
    """Why the owner has ended.

    Attributes:
        what: was found.
        todo: the cure.
    """

    what: str
    todo: str


class BusOwner:
    """Bus, sensor and loop.

    Args:
        setup: what to own.

    Raises:
        PlantError: port, servo or sensor is not as the rig file says, or the shared memory is missing.
    """

    def __init__(self, setup: OwnerSetup) -> None:
        self._setup = setup
        self._word = BusWord(setup.prefix, setup.rig.joints)
        bus = setup.driver.open()
        try:
            bus.connect()
            sensor = NetFtSensor(setup.sensor)
        except BaseException:
            bus.close()
            raise
        clock = LockStepClock(setup.rig.dt_s) if setup.is_lock_step else WallClock()
        parts = SideParts(bus, sensor, owner_gravity(setup), clock, self._word)
        self._side = ServoDriveSide(parts, setup.rest_rad)

    def run(self) -> None:
        """Own the bus until the run is over and the arm lies without torque on its rest, or the bus is gone."""
        keep(self._setup, self._side, self._word)


def owner_gravity(setup: OwnerSetup) -> RobotGravity:
    """Return gravity by a model of the arm that nobody else has, with its machine code loaded."""
    gravity = RobotGravity(RobotModel(setup.arm, setup.placement))
    for _ in range(WARM_UP_TERMS):
        gravity(setup.rest_rad)
    return gravity


def keep(setup: OwnerSetup, side: ServoDriveSide, word: BusWord, inherited: SensesCell | None = None) -> None:
    """Be the bus's master until the run is over and the arm lies without torque on its rest, or the bus is gone.

    Args:
        setup: what the owner was started with.
        side: bus and sensor; closed at the end.
        word: of the master.
        inherited: last senses of an owner that is lost; None for the owner itself.

    Raises:
        PlantError: the bus is gone, a servo does not take its torque, or nobody would inherit it.
    """
    rig, over = setup.rig, OwnerWatch(setup.prefix, setup.rig.joints, setup.owner_pid)
    settings = DriveSettings(setup.arm.torque_limit_nm, rig.dt_s, rig.drive_lag_s, rig.braked_joints, setup.stop)
    patience = Patience(HARDWARE_DEADLINE_SHARE * rig.dt_s, 0)
    if setup.is_lock_step:
        # Time stands still while it waits, and with it the servos' watchdog: that is no silence.
        patience = replace(LOCK_STEP_PATIENCE, on_look=word.beat)

    def enable() -> None:
        refuse_without_heir(setup)
        side.enable()

    try:
        loop = DriveLoop(
            side, settings, setup.prefix, rig.identity, patience=patience,
            on_enable=enable if inherited is None else None, inherited=inherited,
        )  # fmt: skip
        quiet_memory()
        loop.run(lambda: over.is_over() and side.may_release, lambda _: None)
        side.release()
    finally:
        side.close()


def refuse_without_heir(setup: OwnerSetup) -> None:
    """Refuse torque where nobody would take the bus over; raises PlantError."""
    reader, first = HeirReader(setup.prefix, setup.rig.joints), None

    def look() -> HeirCell | None:
        nonlocal first
        cell = reader.read()
        if cell is None or cell.state is not HeirState.WATCHING:
            return None
        first = cell.beat if first is None else first
        return cell if cell.beat != first else None

    if wait_for(look, HEIR_WAIT_S) is None:
        raise PlantError(f"no heir of the servo bus within {HEIR_WAIT_S:g} s: no torque", "start the rig again")


def run_owner(setup: OwnerSetup, result: Connection) -> None:
    """Be the owner's process until its work is over.

    Args:
        setup: what to own.
        result: takes None once everything is found and checked, and an ``OwnerFailure`` where it ends with an error.
    """
    stand_apart()
    try:
        owner = BusOwner(setup)
        result.send(None)
        become_realtime(PLANT_PRIORITY)
        owner.run()
    except PlantError as error:
        with contextlib.suppress(OSError):  # whoever asked may be gone
            result.send(OwnerFailure(error.what, error.todo))

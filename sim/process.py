"""The simulated arm as a process of its own: PyBullet and the truth behind the drive loop."""

from __future__ import annotations

import time
from dataclasses import dataclass

from controller.arm import ArmDescription, Placement
from controller.processes.cells import AUTHORITIES, MODES
from controller.processes.drive_loop import DriveLoop, PeriodNote
from controller.processes.owner import OwnerWatch
from controller.processes.realtime.memory import quiet_memory
from controller.processes.realtime.priority import PLANT_PRIORITY, become_realtime
from controller.processes.signals import stand_apart
from controller.robot import RobotModel
from controller.safety.limits import StopGains
from controller.types import Authority, Vector
from sim.drive_side import SimDriveSide, drive_settings, drive_side
from sim.options import SimulationOptions
from sim.plant import SimPlant, build_simulation
from sim.truth_log import Ledger, LedgerPlace, attach_ledger
from trajectories.anatomy.body import load_body

WARM_UP_TICKS = 20
"""Periods of physics before the run: the first ones load machine code."""


@dataclass(frozen=True, slots=True)
class StageSetup:
    """What the stage is started with.

    Attributes:
        prefix: of the shared memory's names.
        arm: the arm and its tool.
        placement: X_WB.
        body: name of the body.
        options: choices of the simulation.
        start_q_rad: where the arm stands, (n,).
        ledger: where the truth goes.
        owner_pid: process that started this one; without it there is no run.
        stop: gains of the stop laws.
    """

    prefix: str
    arm: ArmDescription
    placement: Placement
    body: str
    options: SimulationOptions
    start_q_rad: Vector
    ledger: LedgerPlace
    owner_pid: int
    stop: StopGains


class Stage:
    """The world behind its drives.

    Args:
        setup: what to simulate.

    Raises:
        PlantError: the shared memory is missing or foreign, or the arm cannot be simulated.
    """

    def __init__(self, setup: StageSetup) -> None:
        self._setup = setup
        self._owner = OwnerWatch(setup.prefix, len(setup.arm.joint_names), setup.owner_pid)
        self._ledger: Ledger = attach_ledger(setup.ledger)
        self._plant: SimPlant = build_simulation(setup.arm, setup.placement, load_body(setup.body), setup.options)
        self._has_begun = False

    def run(self) -> None:
        """Let time pass until the owner says that it is over, or is gone, and the arm has left the skin."""
        plant, setup = self._plant, self._setup
        plant.configure()
        try:
            plant.activate(setup.start_q_rad)
            hold = plant.given_nm()
            for _ in range(WARM_UP_TICKS):
                plant.advance(hold)
                plant.truth()
            plant.activate(setup.start_q_rad)
            side = drive_side(SimDriveSide(plant), plant.rig, RobotModel(setup.arm, setup.placement))
            settings = drive_settings(setup.arm, plant.rig, setup.stop)
            loop = DriveLoop(side, settings, setup.prefix, plant.rig.identity)
            quiet_memory()
            loop.run(self._owner.is_over, self._note)
        finally:
            plant.deactivate()

    def _note(self, note: PeriodNote) -> None:
        """Write the truth of the period that has just passed, from the first enable on."""
        order, dt_s = note.order, self._setup.options.dt_s
        self._has_begun = self._has_begun or order.authority is not Authority.NOBODY
        if not self._has_begun or self._ledger.is_full:
            return
        (truth,) = self._plant.truth()
        tool, _ = self._plant.true_tool()
        _, speeds = self._plant.true_motion()
        vx, vy, vz = tool[3:6].tolist()
        self._ledger.append(
            (
                note.tick * dt_s, time.monotonic(), note.late_s, note.waited_s, truth.press_n, truth.limit_n,
                truth.p_wt[2], (vx * vx + vy * vy + vz * vz) ** 0.5, max(map(abs, speeds)), note.supervisor_age_s,
                note.tick - note.host_tick, note.tick - note.supervisor_tick, AUTHORITIES.index(order.authority),
                MODES.index(order.host_mode),
            )
        )  # fmt: skip


def run_stage(setup: StageSetup) -> None:
    """Be the stage's process until the run is over.

    Args:
        setup: what to simulate.
    """
    stand_apart()
    stage = Stage(setup)
    become_realtime(PLANT_PRIORITY)
    stage.run()

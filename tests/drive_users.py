"""Both users of the drive policy, brought to one shape: a loop and a supervisor that can fall silent, and drives."""

from __future__ import annotations

import os
import secrets
from contextlib import ExitStack
from typing import Protocol

import numpy as np

from controller.processes.cells import (
    HostCell,
    HostCodec,
    OwnerCell,
    OwnerCodec,
    SensesCell,
    SensesCodec,
    SupervisorCell,
    SupervisorCodec,
)
from controller.processes.drive_loop import DriveLoop
from controller.processes.shared_memory import OwnedBlock
from controller.processes.supervisor import SupervisorLoop, SupervisorSetup
from controller.robot import RobotModel
from controller.safety import gate
from controller.safety.supervision import SupervisorLimits
from controller.types import ArmState, Authority, Mode, Vector
from sim.drive_side import SimDriveSide, drive_settings
from sim.faults.kinds import Fault
from sim.options import SimulationOptions
from sim.plant import SimPlant, build_simulation
from sim.supervised_plant import SupervisedPlant
from tests.gate_cases import soft_gains
from tests.sim_cases import posture, setting

DT_S = 1e-3
PUSH_N = 3.0
"""What the command presses with, in the air: it tells the command from the holding torque."""


def _limits(torque_nm: Vector) -> SupervisorLimits:
    return SupervisorLimits(0.0055, 90.0, (9.0,) * len(torque_nm), torque_nm, 3, 25, soft_gains(len(torque_nm)))


def torques() -> tuple[Vector, Vector, Vector]:
    """Return start posture, torque that holds the arm there, and torque that pushes as well."""
    arm, placement, _, _ = setting()
    q, _, normal = posture("servo7", 0.1, 0.04, 0.05)
    robot = RobotModel(arm, placement)
    robot.update(np.array(q), np.zeros(len(q)))
    pushing = robot.gravity - robot.jacobian[:3].T @ (PUSH_N * np.array(normal))
    return q, tuple(robot.gravity.tolist()), tuple(pushing.tolist())


class DriveUser(Protocol):
    """What a test does to a user of the policy, and what it sees."""

    world: SimPlant

    def pass_ticks(self, tau_nm: Vector, holding_nm: Vector, ticks: int) -> ArmState:
        """Command these torques for so long; return the senses at the end."""

    def lose_loop(self) -> None:
        """Let the session loop fall silent."""

    def find_loop(self) -> None:
        """Let it go on, without any request."""

    def lose_supervisor(self) -> None:
        """Let the supervisor fall silent."""

    def resume(self) -> None:
        """Give the drives back, as a session does after a cleared stop."""

    @property
    def closed(self) -> frozenset[int]:
        """Joints whose brakes are closed."""

    def close(self) -> None:
        """End it."""


class RigUser:
    """The supervised rig: everything in one process, in simulated time."""

    def __init__(self) -> None:
        arm, placement, body, _ = setting()
        self.world = build_simulation(arm, placement, body, SimulationOptions(seed=1))
        self._plant = SupervisedPlant(self.world, RobotModel(arm, placement), _limits(arm.torque_limit_nm))
        self._plant.configure()
        self._plant.activate(torques()[0])

    def pass_ticks(self, tau_nm: Vector, holding_nm: Vector, ticks: int) -> ArmState:
        for _ in range(ticks):
            self._plant.apply(gate.ApprovedCommand(tau_nm, gate._KEY, holding_nm))
        return self._plant.read()

    def lose_loop(self) -> None:
        self._plant.inject(Fault("host_killed", 0.0, self.world.t_s))
        self.world.begin_due_faults()

    def find_loop(self) -> None:
        self._plant._is_host_alive = True

    def lose_supervisor(self) -> None:
        self._plant.inject(Fault("supervisor_killed", 0.0, self.world.t_s))
        self.world.begin_due_faults()

    def resume(self) -> None:
        self._plant.resume()

    @property
    def closed(self) -> frozenset[int]:
        return self._plant._closed

    def close(self) -> None:
        self._plant.deactivate()


class LoopUser:
    """The drive loop over real shared memory with the supervisor's own loop, stepped in one process."""

    def __init__(self, options: SimulationOptions | None = None) -> None:
        arm, placement, body, _ = setting()
        joints = len(arm.joint_names)
        self.world = build_simulation(arm, placement, body, options or SimulationOptions(seed=1))
        self.world.configure()
        self.world.activate(torques()[0])
        self.prefix = prefix = f"massage-arm-test-{os.getpid()}-{secrets.token_hex(4)}"
        self._stack, self._nothing = ExitStack(), (0.0,) * joints
        self._host, self._senses = HostCodec(joints), SensesCodec(joints)
        master, owner = SupervisorCodec(joints), OwnerCodec(joints)
        nobody = SupervisorCell(0, -1, False, None, Mode.RUN, False, 0.0, self._nothing)
        self._beat = self._resumes = 0
        self._is_silent = self._is_unwatched = False
        self.wants_enable = True
        """The session loop asks for the enable."""
        self._writer = self._own(prefix, self._host, self._cell(-1, self._nothing, self._nothing)).writer
        self._own(prefix, master, nobody)
        self._reader = self._own(prefix, self._senses, SensesCell(-1, self.world.read())).reader
        self._own(prefix, owner, OwnerCell(False))
        self.loop = DriveLoop(
            SimDriveSide(self.world),
            drive_settings(arm, self.world.rig, soft_gains(joints)),
            prefix,
            self.world.rig.identity,
        )
        limits = _limits(arm.torque_limit_nm)
        setup = SupervisorSetup(prefix, arm, placement, limits, DT_S, self.world.rig.identity, os.getppid())
        self.supervisor = SupervisorLoop(setup, is_realtime=False)

    def _own(self, prefix: str, codec: HostCodec, first: HostCell) -> OwnedBlock:
        return self._stack.enter_context(OwnedBlock(prefix, codec.kind, codec.pack(first)))

    def _cell(self, tick: int, tau_nm: Vector, holding_nm: Vector) -> HostCell:
        return HostCell(self._beat, tick, self.wants_enable, Mode.RUN, 0.0, tau_nm, holding_nm, self._resumes)

    def pass_ticks(self, tau_nm: Vector, holding_nm: Vector, ticks: int) -> ArmState:
        for _ in range(ticks):
            senses = self.write(tau_nm, holding_nm)
            if senses.tick % 2 == 0 and not self._is_unwatched:
                self.supervisor._period(senses)
            self.loop.step()
        return self._newest().state

    def write(self, tau_nm: Vector, holding_nm: Vector) -> SensesCell:
        """Answer the newest senses as the session loop, unless that is silent; return them."""
        senses = self._newest()
        if not self._is_silent:
            self._beat += 1
            self._writer.write(self._host.pack(self._cell(senses.tick, tau_nm, holding_nm)))
        return senses

    def _newest(self) -> SensesCell:
        senses = self._senses.unpack(self._reader.read())
        if senses is None:
            raise AssertionError("senses are broken")
        return senses

    def lose_loop(self) -> None:
        self._is_silent = True

    def find_loop(self) -> None:
        self._is_silent = False

    def lose_supervisor(self) -> None:
        self._is_unwatched = True

    def resume(self) -> None:
        self._is_silent = self._is_unwatched = False
        self._resumes += 1
        self._writer.write(self._host.pack(self._cell(self._newest().tick, self._nothing, self._nothing)))
        for _ in range(4):
            senses = self._newest()
            if senses.state.authority is Authority.HOST and not self.closed:
                return
            self.supervisor._period(senses)
            self.loop.step()
        raise AssertionError("the drives were not given back")

    @property
    def closed(self) -> frozenset[int]:
        return self.loop._closed

    def close(self) -> None:
        self._stack.close()
        self.world.deactivate()

"""The session loop as a process of its own: same law, same gate, same loop, on drives behind shared memory."""

from __future__ import annotations

import contextlib
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection

from controller.arm import ArmDescription, Placement
from controller.errors import MassageArmError
from controller.law.gains import STANDARD
from controller.processes.host_plant import LinkedPlant, LinkSetup
from controller.processes.owner import OwnerWatch
from controller.processes.realtime.priority import HOST_PRIORITY, become_realtime
from controller.processes.signals import ENDING, SUSPENDING, ignored, let_through
from controller.rig import Rig
from controller.robot import RobotModel
from controller.session import Session
from controller.session_parts import SessionParts
from controller.types import StopReason
from hardware.heir.watch import SuccessionWatch
from trajectories.plan import Plan
from workbench.runs.signals import stop_on_signals
from workbench.runs.succession import stop_on_loss
from workbench.runs.warm_up import warm_loop


@dataclass(frozen=True, slots=True)
class HostSetup:
    """What the session loop's process is started with.

    Attributes:
        prefix: of the shared memory's names.
        arm: the arm and its tool.
        placement: X_WB.
        plan: what to do.
        rig: what the drives are.
        owner_pid: process that started this one.
        has_heir: the drives are a servo bus in lock step, whose owner has an heir.
    """

    prefix: str
    arm: ArmDescription
    placement: Placement
    plan: Plan
    rig: Rig
    owner_pid: int
    has_heir: bool = False


def run_host(setup: HostSetup, result: Connection) -> None:
    """Be the session loop's process; the reason of its stop, None or the text of an error goes through ``result``."""
    try:
        end: StopReason | str | None = _run(setup)
    except MassageArmError as error:
        end = str(error)
    with contextlib.suppress(BrokenPipeError):  # whoever asked may be gone
        result.send(end)


def _run(setup: HostSetup) -> StopReason | None:
    plan = setup.plan
    robot = RobotModel(setup.arm, setup.placement)
    parts = SessionParts.of(plan, robot, STANDARD, setup.rig)
    warm_loop(parts, plan)
    link = LinkSetup(setup.rig, setup.prefix, setup.owner_pid)
    plant = LinkedPlant(link)
    session = parts.session(plant)
    become_realtime(HOST_PRIORITY)
    owner = OwnerWatch(setup.prefix, setup.rig.joints, setup.owner_pid)
    with ignored(SUSPENDING), stop_on_signals(session.request_stop, numbers=ENDING | {signal.SIGTSTP}):
        let_through()
        plant.configure()
        if setup.has_heir:
            stop_on_loss(plant, session, SuccessionWatch(setup.prefix, setup.rig.joints, is_lock_step=True))
        plant.activate(plan.rest_q_rad)
        try:
            return _session_run(session, owner)
        finally:
            plant.deactivate()


def _session_run(session: Session, owner: OwnerWatch) -> StopReason | None:
    """Run the session; where its owner is gone or says that it is over, it is stopped and the arm parks."""
    with session:
        while session.tick() is not None:
            if owner.is_over():
                session.request_stop()
    return session.result.stop

"""The peer of a rehearsal: who plays the hardware of a rig, in a process of its own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from controller.arm import ArmDescription, Placement
from controller.errors import ConfigError, PlantError
from controller.processes.signals import held_back
from controller.types import Vector
from hardware.rig_content import RigFile
from hardware.rig_model import LoadedRig
from hardware.rig_moteus import MoteusRigFile, MoteusServoPart
from sim.options import SimulationOptions
from sim.peers.dynamixel import DynamixelPlan, PeerServo
from sim.peers.moteus.played import MoteusJoint, MoteusPlan
from sim.peers.played import BusPlan
from sim.peers.process import PeerPlace, PeerSetup, Silence, run_peer
from sim.peers.truth import TRUTH_ROW
from sim.truth_log import Ledger, LedgerPlace, OwnedLedger

START_WALL_S = 240.0
"""Longest wall time until a process is ready: on a first start code is compiled (assumed)."""
END_WALL_S = 20.0
"""Longest wall time until a process that has no more work has ended."""


@dataclass(frozen=True, slots=True)
class PeerChoice:
    """Who plays the hardware in a rehearsal.

    Attributes:
        file: the rig file.
        arm: the arm as it was built.
        placement: X_WB.
        rest_rad: where it lies without torque, (n,).
        body: who lies there, a name or a file.
        options: choices of the simulation.
        seconds: longest time whose truth is kept.
    """

    file: LoadedRig
    arm: ArmDescription
    placement: Placement
    rest_rad: Vector
    body: str
    options: SimulationOptions
    seconds: float


class Cable:
    """A peer in its process, and the way to end it.

    Args:
        process: of the peer.
        end: of the pipe to it.
    """

    def __init__(self, process: BaseProcess, end: Connection) -> None:
        self._process, self._end = process, end

    def pass_silence(self, periods: int) -> None:
        """Let so many periods pass without a master; whoever calls has taken care that none is at work."""
        self._end.send(Silence(periods))

    def pull(self) -> None:
        """End the peer; later calls do nothing."""
        self._end.close()
        self._process.join(END_WALL_S)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()


@contextmanager
def started_peer(choice: PeerChoice, prefix: str) -> Iterator[tuple[Ledger, PeerPlace, Cable]]:
    """Start a peer and wait for it; it ends with its cable, or on leaving.

    Args:
        choice: what it plays.
        prefix: of the shared memory's names.

    Raises:
        PlantError: it cannot play that.
    """
    context = get_context("spawn")
    rows = LedgerPlace(f"{prefix}-truth", round(choice.seconds / choice.options.dt_s), TRUTH_ROW)
    with OwnedLedger(rows) as owned:
        ours, theirs = context.Pipe()
        world = PeerSetup(
            choice.arm, choice.placement, choice.body, choice.options, choice.rest_rad, bus_plan(choice.file), rows
        )
        process = context.Process(target=run_peer, args=(world, theirs), name="peer")
        with held_back():
            process.start()
        theirs.close()
        cable = Cable(process, ours)
        try:
            yield owned.ledger, _place(process, ours), cable
        finally:
            cable.pull()


def _place(process: BaseProcess, end: Connection) -> PeerPlace:
    """Return where a peer is, once it is; raises PlantError."""
    try:
        place = end.recv() if end.poll(START_WALL_S) else "it took too long to start"
    except EOFError:
        place = f"it ended with code {process.exitcode}"
    if not isinstance(place, PeerPlace):
        raise PlantError(f"the rehearsal's peer: {place}", "run `massage-arm check` for what is wrong with the setup")
    return place


def bus_plan(file: LoadedRig) -> BusPlan:
    """Return which servos a peer plays for a rig file.

    Raises:
        ConfigError: there is no peer for its family.
    """
    content = file.content
    if isinstance(content, RigFile):
        return DynamixelPlan(peer_servos(file))
    if isinstance(content, MoteusRigFile):
        return MoteusPlan(tuple(_moteus_joint(servo) for servo in content.servos))
    got = f"family {content.bus.family}, of another package"
    raise ConfigError(
        f"{file.path}: bus", got, "a family with a peer", "drive it without --rehearse on a phantom first"
    )


def _moteus_joint(servo: MoteusServoPart) -> MoteusJoint:
    return MoteusJoint(
        servo.id, uuid.UUID(servo.unique_id), servo.direction, servo.zero_rev, servo.gear, servo.torque_scale,
        servo.brake_nms_per_rad,
    )  # fmt: skip


def peer_servos(file: LoadedRig) -> tuple[PeerServo, ...]:
    """Return the servos of a rig file as the peer plays them."""
    return tuple(
        PeerServo(
            servo.address.servo_id, servo.scale.model.number, servo.scale.direction, servo.scale.zero_count,
            servo.scale.gear, servo.scale.torque_nm_per_a,
        )
        for servo in file.servos()
    )  # fmt: skip

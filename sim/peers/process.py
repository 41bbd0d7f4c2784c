"""The peer as a process: servo bus on a pseudo terminal, wrist sensor on the loopback, and the arm behind them."""

from __future__ import annotations

import select
from dataclasses import dataclass
from multiprocessing.connection import Connection

from controller.arm import ArmDescription, Placement
from controller.errors import MassageArmError
from controller.processes.realtime.memory import quiet_memory
from controller.processes.signals import stand_apart
from controller.types import Vector
from sim.options import SimulationOptions
from sim.peers.played import BusPlan, PlayedBus
from sim.peers.rdt_server import LOOPBACK, RdtServer
from sim.peers.truth import truth_row
from sim.peers.world import PeerWorld
from sim.plant import SimPlant, build_simulation
from sim.truth_log import LedgerPlace, attach_ledger
from trajectories.anatomy.body import load_body

WARM_UP_TICKS = 20
"""Periods of physics before the run: the first ones load machine code."""


@dataclass(frozen=True, slots=True)
class PeerSetup:
    """What the peer is started with.

    Attributes:
        arm: the arm and its tool, as it was built.
        placement: X_WB.
        body: name of the body, or its file.
        options: choices of the simulation.
        rest_rad: where the arm rests, (n,).
        bus: which servos are played.
        ledger: where the truth goes.
    """

    arm: ArmDescription
    placement: Placement
    body: str
    options: SimulationOptions
    rest_rad: Vector
    bus: BusPlan
    ledger: LedgerPlace


@dataclass(frozen=True, slots=True)
class PeerPlace:
    """Where a peer is.

    Attributes:
        port: link of the servo bus, as its family writes it.
        sensor_host: address of the wrist sensor.
        sensor_port: its UDP port.
    """

    port: str
    sensor_host: str
    sensor_port: int


@dataclass(frozen=True, slots=True)
class Silence:
    """Time that passes with a silent bus, as it would where its master is lost: lock step knows no such time.

    Attributes:
        periods: how long.
    """

    periods: int


class Peer:
    """Bus, sensor and arm, served by one thread in the order in which packets come.

    Args:
        setup: what to play.
        owner: takes the place. A ``Silence`` that comes through it is let pass; the peer ends when its other end is
            closed.

    Raises:
        PlantError: the arm cannot be simulated.
    """

    def __init__(self, setup: PeerSetup, owner: Connection) -> None:
        self._setup, self._owner = setup, owner
        self._plant: SimPlant = build_simulation(setup.arm, setup.placement, load_body(setup.body), setup.options)
        self._ledger = attach_ledger(setup.ledger)
        self._bus, self._sensor = setup.bus.play(), RdtServer()

    def run(self) -> None:
        """Serve until the owner has had enough."""
        plant, setup = self._plant, self._setup
        plant.configure()
        try:
            plant.activate(setup.rest_rad)
            hold = plant.given_nm()
            for _ in range(WARM_UP_TICKS):
                plant.advance(hold)
                plant.truth()
            plant.activate(setup.rest_rad)
            world = PeerWorld(plant, self._bus.joints, self._sensor, self._note)
            quiet_memory()
            self._owner.send(PeerPlace(self._bus.place, LOOPBACK, self._sensor.port))
            self._serve(world)
        finally:
            plant.deactivate()
            self._bus.close()
            self._sensor.close()

    def _serve(self, world: PeerWorld) -> None:
        bus, sensor = self._bus, self._sensor
        waited: tuple[PlayedBus | RdtServer | Connection, ...] = (bus, sensor, self._owner)
        while True:
            ready, _, _ = select.select(waited, [], [])
            if sensor in ready:
                sensor.listen()
            if bus in ready:
                for _ in bus.serve():
                    world.pass_period()
            if self._owner in ready and not self._pass_silence(world):
                return

    def _pass_silence(self, world: PeerWorld) -> bool:
        """Let a silence pass; return False where nobody wants the peer any more."""
        try:
            asked = self._owner.recv()
        except (EOFError, OSError):
            return False
        for _ in range(asked.periods if isinstance(asked, Silence) else 0):
            world.pass_period()
        return isinstance(asked, Silence)

    def _note(self, t_s: float, is_on: bool) -> None:
        if not self._ledger.is_full:
            self._ledger.append(truth_row(t_s, self._plant, is_on=is_on))


def run_peer(setup: PeerSetup, owner: Connection) -> None:
    """Be the peer's process; the text of an error goes through ``owner`` instead of a place."""
    stand_apart()
    try:
        Peer(setup, owner).run()
    except MassageArmError as error:
        owner.send(str(error))

"""The processes of a rig: owner of its bus, heir, supervisor, and in a rehearsal the peer that plays the hardware."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from controller.arm import ArmDescription, Placement
from controller.errors import PlantError
from controller.processes.cells import OwnerCell, OwnerCodec, SupervisorCell, SupervisorCodec
from controller.processes.launch import first_blocks
from controller.processes.shared_memory import OwnedBlock
from controller.processes.signals import held_back, ignored
from controller.processes.supervisor import SupervisorSetup, run_supervisor
from controller.rig import Rig
from controller.safety.supervision import SupervisorLimits
from controller.types import Vector
from hardware.heir.process import HeirSetup, run_heir
from hardware.netft import SensorSettings
from hardware.owner.bus_word import HeirCell, HeirReader, succession_blocks
from hardware.owner.process import OwnerFailure, OwnerSetup, run_owner
from hardware.rig_model import LoadedRig
from sim.peers.process import PeerPlace
from sim.truth_log import Ledger
from workbench.runs.rehearsal_peer import END_WALL_S, START_WALL_S, Cable, PeerChoice, started_peer

RELEASE_WALL_S = 2.0
"""Wall time that the owner has at the end of a rehearsal to take torque off at rest; then the peer ends with it."""
PEER_ANSWER_S = 5.0
"""Time that an answer of a peer may take: nothing is lost by waiting, and a busy machine is no fault (assumed)."""


@dataclass(frozen=True, slots=True)
class RigSetup:
    """What the processes of a rig are started with.

    Attributes:
        file: the rig file.
        rig: what it says to a session.
        arm: the arm as the controller has it.
        placement: X_WB.
        rest_rad: where the arm lies without torque, (n,).
        limits: of the supervisor.
        silence_s: time that a rehearsal lets pass where the owner of the bus is lost, until its heir's first packet.
    """

    file: LoadedRig
    rig: Rig
    arm: ArmDescription
    placement: Placement
    rest_rad: Vector
    limits: SupervisorLimits
    silence_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Started:
    """A process with the end of the pipe through which it says that it is ready, or why it ends.

    Attributes:
        process: it.
        result: end of the pipe.
    """

    process: BaseProcess
    result: Connection

    def wait_until_ready(self) -> None:
        """Wait until it has found and checked everything; raises PlantError with what it found wrong."""
        if not self.result.poll(START_WALL_S):
            raise PlantError(f"the {self.process.name} was not ready within {START_WALL_S:g} s", "start it again")
        self.refuse_failure()

    def refuse_failure(self) -> None:
        """Raise PlantError where it has ended with an error."""
        try:
            said = self.result.recv() if self.result.poll(0.0) else None
        except EOFError:
            said = OwnerFailure(f"the {self.process.name} ended (code {self.process.exitcode})", "start it again")
        if isinstance(said, OwnerFailure):
            raise PlantError(said.what, said.todo)


@dataclass(frozen=True, slots=True)
class Peerage:
    """What a rehearsal has beside the processes of a rig.

    Attributes:
        ledger: the truth.
        cable: to the peer.
    """

    ledger: Ledger
    cable: Cable


class RigProcesses:
    """Owner of the bus, heir and supervisor at work.

    Args:
        prefix: of the shared memory's names.
        blocks: shared memory in the order host, supervisor, senses, owner.
        owner: the bus owner.
        heir: its heir.
        supervisor: its process.
        peer: truth and peer of a rehearsal, None on hardware.
    """

    def __init__(
        self,
        prefix: str,
        blocks: tuple[OwnedBlock, ...],
        owner: Started,
        heir: Started,
        supervisor: BaseProcess,
        peer: Peerage | None,
    ) -> None:
        self.prefix, self.blocks, self.peer = prefix, blocks, peer
        self.ledger = None if peer is None else peer.ledger
        """The truth of a rehearsal, None on hardware."""
        self.owner, self.heir, self.supervisor = owner.process, heir.process, supervisor
        self._started = (owner, heir)
        self._codec = SupervisorCodec(blocks[1].kind.joints)
        self._heir = HeirReader(prefix, blocks[1].kind.joints)

    def supervisor_says(self) -> SupervisorCell | None:
        """Return the newest word of the supervisor."""
        return self._codec.unpack(self.blocks[1].reader.read())

    def heir_says(self) -> HeirCell | None:
        """Return the newest word of the heir."""
        return self._heir.read()

    def wait_until_ready(self) -> None:
        """Wait until owner and heir have found and checked everything; raises PlantError with what is wrong."""
        for started in self._started:
            started.wait_until_ready()

    def refuse_failure(self) -> None:
        """Raise PlantError where the owner or its heir has ended with an error."""
        for started in self._started:
            started.refuse_failure()


@contextmanager
def rig_processes(setup: RigSetup, peer: PeerChoice | None) -> Iterator[RigProcesses]:
    """Start peer, owner, heir and supervisor; whatever happens, none of a rehearsal is left behind.

    The owner of real servos goes on as long as the arm is not at rest: it floats, and whoever ends it holds the arm.
    An heir that has taken the bus does the same.

    Args:
        setup: the rig.
        peer: who plays the hardware, None for real hardware.

    Raises:
        PlantError: the owner found something wrong; nothing has moved.
    """
    prefix = f"massage-arm-{os.getpid()}-{secrets.token_hex(4)}"
    context = get_context("spawn")
    with ExitStack() as stack:
        with held_back():
            blocks = tuple(stack.enter_context(block) for block in first_blocks(prefix, setup.rig.joints))
            for block in succession_blocks(prefix, setup.rig.joints):
                stack.enter_context(block)
        peerage, place = None, None
        if peer is not None:
            ledger, place, cable = stack.enter_context(started_peer(peer, prefix))
            peerage = Peerage(ledger, cable)
        owned = _owner_setup(setup, prefix, place)
        watched = SupervisorSetup(
            prefix, setup.arm, setup.placement, setup.limits, setup.rig.dt_s, setup.rig.identity, os.getpid()
        )
        supervisor = context.Process(target=run_supervisor, args=(watched,), name="supervisor")
        word = OwnerCodec(setup.rig.joints)

        masters: list[BaseProcess] = []

        def end() -> None:
            blocks[3].writer.write(word.pack(OwnerCell(True)))
            _end(tuple(masters), supervisor, None if peerage is None else peerage.cable)

        def started(target: Callable[..., None], given: OwnerSetup | HeirSetup, name: str) -> Started:
            ours, theirs = context.Pipe(duplex=False)
            stack.callback(ours.close)
            process = context.Process(target=target, args=(given, theirs), name=name)
            masters.append(process)
            process.start()
            theirs.close()
            return Started(process, ours)

        stack.callback(end)
        with held_back():
            owner = started(run_owner, owned, "bus owner")
            heir = started(run_heir, HeirSetup(owned, owner.process.pid or 0, setup.silence_s), "heir")
            supervisor.start()
        made = RigProcesses(prefix, blocks, owner, heir, supervisor, peerage)
        made.wait_until_ready()
        yield made


def _owner_setup(setup: RigSetup, prefix: str, place: PeerPlace | None) -> OwnerSetup:
    """Return what the owner is started with; in a rehearsal port and sensor are those of the peer."""
    file = setup.file
    driver, sensor = file.driver(), file.sensor()
    if place is not None:
        driver = driver.at_peer(place.port, PEER_ANSWER_S)
        sensor = SensorSettings(
            place.sensor_host, place.sensor_port, sensor.counts_per_n, sensor.counts_per_nm, sensor.delay_s
        )
    return OwnerSetup(
        prefix=prefix,
        arm=setup.arm,
        placement=setup.placement,
        rig=setup.rig,
        driver=driver,
        sensor=sensor,
        rest_rad=setup.rest_rad,
        stop=setup.limits.stop,
        owner_pid=os.getpid(),
        is_lock_step=place is not None,
    )


def _end(masters: tuple[BaseProcess, ...], supervisor: BaseProcess, cable: Cable | None) -> None:
    """End owner, heir and supervisor in this order: without torque nothing is left to inherit or to guard."""
    with ignored():
        for process in masters:
            if process.pid is not None:
                # Real servos are never cut off: owner or heir floats the arm until it lies at rest.
                process.join(None if cable is None else RELEASE_WALL_S)
        if cable is not None:
            cable.pull()
        for process in (*masters, supervisor):
            if process.pid is not None:
                process.join(END_WALL_S)
                if process.exitcode is None:
                    process.kill()
                    process.join()

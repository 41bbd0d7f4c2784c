"""Senses of a simulated session on a tape, and a plant that plays them: the controller's tick without any physics.

What is played are the bytes that drives publish on hardware, and the session loop that reads them is the one of every
run. Law and gate are made afresh for every play, so each tick computes what it did when the tape was made; a checksum
of all commands shows that it did.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from controller.errors import PlantError
from controller.processes.cells import HostCell, HostCodec, SensesCell, SensesCodec
from controller.rig import Rig
from controller.safety.gate import ApprovedCommand
from controller.session import Session
from controller.types import ArmState, ContactState, Mode, Vector
from sim.plant import SimPlant, build_simulation
from workbench.runs.prepare import Prepared, simulation_options

LONGEST_LEAD = 60_000
"""Ticks by which the pad must be at work: a minute of session (assumed)."""


@dataclass(frozen=True, slots=True, eq=False)
class TickTape:
    """Senses of the beginning of a session.

    Attributes:
        rig: what the senses are from.
        senses: payloads of the senses, one a tick.
        lead: ticks before the pad is at work.
        checksum: CRC-32 over the commands of all ticks.
    """

    rig: Rig
    senses: tuple[bytes, ...]
    lead: int
    checksum: int


class _Commands:
    """Packs commands as the session loop does for the drives, and sums them up."""

    def __init__(self, joints: int) -> None:
        self._codec, self._nothing = HostCodec(joints), (0.0,) * joints
        self.checksum, self._tick = 0, 0

    def take(self, command: ApprovedCommand) -> None:
        """Take the command of the next tick."""
        tau_nm = command.tau_nm
        cell = HostCell(self._tick, self._tick, True, command.mode, 0.0, tau_nm, command.holding_nm or tau_nm)
        self.checksum = zlib.crc32(self._codec.pack(cell), self.checksum)
        self._tick += 1


class _TapingPlant:
    """A simulated arm whose senses are kept."""

    def __init__(self, plant: SimPlant) -> None:
        self._plant, self._codec = plant, SensesCodec(plant.rig.joints)
        self.senses: list[bytes] = []
        self.commands = _Commands(plant.rig.joints)

    @property
    def rig(self) -> Rig:
        """What this plant is."""
        return self._plant.rig

    def configure(self) -> None:
        """Do nothing: the arm is open."""

    def activate(self, q_rad: Vector) -> None:
        """Place the arm."""
        self._plant.activate(q_rad)

    def read(self) -> ArmState:
        """Return the senses and keep them."""
        state = self._plant.read()
        self.senses.append(self._codec.pack(SensesCell(len(self.senses), state)))
        return state

    def apply(self, command: ApprovedCommand) -> None:
        """Let one period pass."""
        self.commands.take(command)
        self._plant.apply(command)

    def resume(self) -> None:
        """Refuse: a session that stops is no tape."""
        raise PlantError("the session of the tape was stopped", "report it")

    def safe(self) -> None:
        """Do nothing: the session is left in the middle."""

    def deactivate(self) -> None:
        """Do nothing: whoever opened the arm closes it."""


class TapePlant:
    """A plant that plays a tape and moves nothing, as ``controller.plant.Plant``.

    Args:
        tape: what to play.
    """

    def __init__(self, tape: TickTape) -> None:
        self._tape, self._codec = tape, SensesCodec(tape.rig.joints)
        self._commands = _Commands(tape.rig.joints)
        self.tick = 0
        """Ticks that have been played."""

    @property
    def rig(self) -> Rig:
        """What the senses are from."""
        return self._tape.rig

    @property
    def is_over(self) -> bool:
        """True where all has been played."""
        return self.tick >= len(self._tape.senses)

    @property
    def checksum(self) -> int:
        """CRC-32 over the commands so far."""
        return self._commands.checksum

    def configure(self) -> None:
        """Do nothing."""

    def activate(self, q_rad: Vector) -> None:
        """Do nothing: the tape begins where the plan does."""

    def read(self) -> ArmState:
        """Return the senses of the next tick."""
        senses = self._codec.unpack(self._tape.senses[self.tick])
        if senses is None:
            raise PlantError("the tape cannot be read", "report it")
        return senses.state

    def apply(self, command: ApprovedCommand) -> None:
        """Take the command and go on."""
        self._commands.take(command)
        self.tick += 1

    def resume(self) -> None:
        """Refuse: no tape has a stop."""
        raise PlantError("a session on a tape was stopped", "report it")

    def safe(self) -> None:
        """Do nothing: nothing moves."""

    def deactivate(self) -> None:
        """Do nothing."""


def record_tape(prepared: Prepared, work_ticks: int) -> TickTape:
    """Simulate the beginning of a session and return its senses, up to so many ticks of work.

    Args:
        prepared: the session.
        work_ticks: ticks from the moment on in which the pad is at work; fewer where the session has fewer.

    Raises:
        PlantError: the simulation cannot be used, or the session stops.
    """
    inputs = prepared.inputs
    plant = build_simulation(inputs.arm, prepared.placement, inputs.body, simulation_options(inputs))
    plant.configure()
    try:
        taping = _TapingPlant(plant)
        taping.activate(prepared.plan.rest_q_rad)
        lead = _run(prepared.parts.session(taping), work_ticks)
        return TickTape(plant.rig, tuple(taping.senses), lead, taping.commands.checksum)
    finally:
        plant.deactivate()


def _run(session: Session, work_ticks: int) -> int:
    """Run a session up to so many ticks of work; return at which tick the work began."""
    lead = None
    with session:
        for tick in range(LONGEST_LEAD + work_ticks):
            step = session.tick()
            if step is None or step.applied.mode is not Mode.RUN:
                break
            if lead is None and step.contact is ContactState.WORK:
                lead = tick
            if lead is not None and tick + 1 >= lead + work_ticks:
                return lead
    if lead is None or session.result.stop is not None:
        raise PlantError("the session of the tape did not get to its work", "report it")
    return lead

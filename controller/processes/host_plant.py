"""The session loop's side of the shared memory: a plant whose drives and senses live in another process."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from controller.errors import PlantError
from controller.processes.cells import HostCell, HostCodec, SensesCell, SensesCodec
from controller.processes.loop_memory import RigLoop, loop_times
from controller.processes.realtime.clock import NS_PER_S
from controller.processes.realtime.paced_times import PacedTimes
from controller.processes.realtime.waiting import wait_for
from controller.processes.shared_memory import BlockReader, BlockWriter, attach
from controller.rig import Rig
from controller.safety.gate import ApprovedCommand
from controller.types import ArmState, Authority, Mode, Vector

START_RAD = 0.02
"""How far a joint may be from where it is said to stand when the drives are enabled (assumed): the way to the plan's
start begins at the measured posture and first goes to the declared one, at most some 20 mm away at the tool."""
START_WAIT_S = 180.0
"""Longest wall time until the drives and the supervisor are ready, and the same again until the drives take commands:
on a first start they may have to build their machine code (assumed)."""
SENSES_LOST_S = 5.0
"""Longest wall time without new senses. Until then nobody knows the time: the drives' clock stands still (assumed)."""
RESUME_WAIT_S = 1.0
"""Longest wall time until the drives are given back after a cleared stop, which takes some ticks (assumed)."""


@dataclass(frozen=True, slots=True)
class LinkSetup:
    """What the link has to know.

    Attributes:
        rig: what the drives are, as the owner knows them.
        prefix: of the shared memory's names.
        owner_pid: process that started this one; without it the drives are not waited for.
    """

    rig: Rig
    prefix: str
    owner_pid: int


class LinkedPlant:
    """Drives behind shared memory, as ``controller.plant.Plant``.

    Args:
        setup: where they are.
    """

    def __init__(self, setup: LinkSetup) -> None:
        joints = setup.rig.joints
        self._host, self._senses = HostCodec(joints), SensesCodec(joints)
        self._setup = setup
        self._reader: BlockReader | None = None
        self._writer: BlockWriter | None = None
        self._beat, self._tick, self._t_s, self._mode = 0, -1, 0.0, Mode.RUN
        self._resumes = 0
        self._is_blind = False
        self._times: PacedTimes | None = None
        self.on_senses: Callable[[], None] | None = None
        """Called with all new senses, before the session goes by them."""

    @property
    def rig(self) -> Rig:
        """What this plant is."""
        return self._setup.rig

    def configure(self) -> None:
        """Map the shared memory; raises PlantError where it is missing or foreign."""
        self._reader = BlockReader(attach(self._setup.prefix, self._senses.kind, may_write=False), self._senses.kind)
        self._writer = BlockWriter(attach(self._setup.prefix, self._host.kind, may_write=True), self._host.kind)
        dt_s = self._setup.rig.dt_s
        self._times = PacedTimes(loop_times(self._setup.prefix, RigLoop.SESSION, dt_s), round(dt_s * NS_PER_S))

    def activate(self, q_rad: Vector) -> None:
        """Check that the arm stands near ``q_rad`` and ask for the enable; the drives hold it until the first command.

        Args:
            q_rad: the posture (n,) that the plan's way begins at: ``rest_q_rad`` of the plan.

        Raises:
            PlantError: the drives belong to another plant, the arm is elsewhere, or the enable is not given.
        """
        senses = self._at_start(lambda _: True, "the drives")
        self._setup.rig.identity.check(senses.identity)
        refuse_elsewhere(senses.state.q_rad, q_rad)
        self._send(None, wants_enable=True)
        self._at_start(lambda senses: senses.state.authority is Authority.HOST, "the supervisor")

    def _at_start(self, is_right: Callable[[SensesCell], bool], whom: str) -> SensesCell:
        """Wait for senses that are right, while there is an owner."""

        def look() -> SensesCell | None:
            if os.getppid() != self._setup.owner_pid:
                raise PlantError("the process that started the session loop is gone", "start the session again")
            senses = self._look()
            return senses if senses is not None and is_right(senses) else None

        senses = wait_for(look, START_WAIT_S)
        if senses is None:
            raise PlantError(f"got no enable within {START_WAIT_S:g} s", f"start {whom} first")
        return senses

    def read(self) -> ArmState:
        """Return the newest senses, once the drives have made new ones; the ticks missed show as a gap in time."""
        senses = self._next()
        if self._times is not None:
            self._times.begin(senses.tick)
        self._tick, self._t_s = senses.tick, senses.state.t_s
        if self.on_senses is not None:
            self.on_senses()
        return senses.state

    def apply(self, command: ApprovedCommand) -> None:
        """Send an approved command; ``read`` waits for the period to pass."""
        self._beat += 1
        self._mode = command.mode
        self._send(command, wants_enable=True)
        if self._times is not None:
            self._times.end()

    def resume(self) -> None:
        """Ask supervisor and drives for the drives after a cleared stop, and wait the few ticks until they are given.

        Raises:
            PlantError: they are not given, as behind closed brakes where the drive side has no model of its own.
        """
        self._resumes += 1
        self._send(None, wants_enable=True)

        def look() -> SensesCell | None:
            senses = self._look()
            if senses is None or senses.state.authority is not Authority.HOST:
                return None
            return None if any(senses.state.joint_fault) else senses

        if wait_for(look, RESUME_WAIT_S) is None:
            raise PlantError(f"drives were not given back within {RESUME_WAIT_S:g} s", "start the session again")

    def safe(self) -> None:
        """Withdraw the wish for the enable: the drives close their brakes.

        A loop that has lost its senses does not know where the arm is, maybe pressed into the person: it falls silent
        instead, and should the drives go on, the supervisor leads the arm off the skin.
        """
        if self._writer is not None and not self._is_blind:
            self._send(None, wants_enable=False)

    def deactivate(self) -> None:
        """Forget the mapping; never raises."""
        self._reader = self._writer = None

    def _send(self, command: ApprovedCommand | None, *, wants_enable: bool) -> None:
        if self._writer is None:
            raise PlantError(f"{self._setup.rig.name} is not open", "call configure first")
        nothing = (0.0,) * self._setup.rig.joints
        tau_nm, holding_nm = (nothing, nothing) if command is None else (command.tau_nm, command.holding_nm)
        cell = HostCell(
            self._beat, self._tick, wants_enable, self._mode, self._t_s, tau_nm, holding_nm or tau_nm, self._resumes
        )  # fmt: skip
        self._writer.write(self._host.pack(cell))

    def _look(self) -> SensesCell | None:
        if self._reader is None:
            raise PlantError(f"{self._setup.rig.name} is not open", "call configure first")
        senses = self._senses.unpack(self._reader.read())
        return senses if senses is not None and senses.tick > self._tick else None

    def _next(self) -> SensesCell:
        senses = wait_for(self._look, SENSES_LOST_S)
        if senses is None:
            self._is_blind = True
            raise PlantError(f"no new senses within {SENSES_LOST_S:g} s", "start the drives, check their process")
        return senses


def refuse_elsewhere(q_rad: Vector, rest_rad: Vector) -> None:
    """Refuse an arm that does not stand where its plan begins.

    Args:
        q_rad: where it stands, (n,).
        rest_rad: where the plan has it at rest, (n,).

    Raises:
        PlantError: a joint is farther away than ``START_RAD``, or the arm has another number of joints.
    """
    if len(rest_rad) != len(q_rad):
        raise PlantError(f"start posture of {len(rest_rad)} angles for {len(q_rad)} joints", "correct --arm")
    for joint, (q, rest) in enumerate(zip(q_rad, rest_rad, strict=True), 1):
        if not abs(q - rest) <= START_RAD:
            raise PlantError(
                f"joint {joint} of the arm stands at {q:.4f} rad; allowed: {rest:.4f} rad, where the plan has it at "
                f"rest, within {START_RAD:g} rad",
                "move it there, or plan again with the posture that the arm stands in",
            )

"""The session loop's side of the shared memory: a plant whose drives and senses live in another process."""

from __future__ import annotations

import time
from collections.abc import Callable

from controller.errors import PlantError
from controller.plant import PlantInfo
from controller.safety.gate import ApprovedCommand
from controller.supervisor.cells import HostCell, HostCodec, SensesCell, SensesCodec
from controller.supervisor.realtime import wait_for
from controller.supervisor.shared_memory import BlockReader, BlockWriter, attach
from controller.types import ArmState, Authority, Mode, Truth, Vector

START_RAD = 1e-3
"""How far a joint may be from where it is said to stand when the drives are enabled (assumed)."""
START_WAIT_S = 180.0
"""Longest wall time until the drives and the supervisor are ready, and the same again until the drives take commands:
on a first start they may have to build their machine code (assumed)."""
SENSES_LOST_S = 5.0
"""Longest wall time without new senses. Until then nobody knows the time: the drives' clock stands still (assumed)."""
NO_TRUTH: tuple[Truth, ...] = ()


class LinkedPlant:
    """Drives behind shared memory, as ``controller.plant.Plant``.

    Args:
        name: name of the arm.
        joints: number of joints n.
        dt_s: tick of the drives.
        prefix: of the shared memory's names.
        mode: tells the gate's mode, which goes out with every command.
    """

    def __init__(self, name: str, joints: int, dt_s: float, prefix: str, mode: Callable[[], Mode]) -> None:
        self._info = PlantInfo(name, joints, dt_s, adds_gravity=False, is_simulated=False)
        self._host, self._senses = HostCodec(joints), SensesCodec(joints)
        self._prefix, self._mode = prefix, mode
        self._reader: BlockReader | None = None
        self._writer: BlockWriter | None = None
        self._beat, self._tick, self._t_s = 0, -1, 0.0

    @property
    def info(self) -> PlantInfo:
        """What this plant is."""
        return self._info

    def configure(self) -> None:
        """Map the shared memory; raises PlantError where it is missing or foreign."""
        self._reader = BlockReader(attach(self._prefix, self._senses.kind, may_write=False), self._senses.kind)
        self._writer = BlockWriter(attach(self._prefix, self._host.kind, may_write=True), self._host.kind)

    def activate(self, q_rad: Vector) -> None:
        """Check that the arm stands at ``q_rad`` and ask for the enable; the drives hold it until the first command.

        Raises:
            PlantError: the arm is elsewhere, or the enable is not given.
        """
        state = self._next(START_WAIT_S).state
        if len(q_rad) != len(state.q_rad):
            raise PlantError(f"start posture of {len(q_rad)} angles for {len(state.q_rad)} joints", "check --arm")
        off = max(abs(q - start) for q, start in zip(state.q_rad, q_rad, strict=True))
        if not off <= START_RAD:
            raise PlantError(
                f"arm is {off:.4f} rad from its start posture; allowed: {START_RAD} rad", "move it there first"
            )
        self._send((0.0,) * self._info.joints, wants_enable=True)

        def look() -> SensesCell | None:
            senses = self._look()
            return senses if senses is not None and senses.state.authority is Authority.HOST else None

        if wait_for(look, time.monotonic() + START_WAIT_S) is None:
            raise PlantError(f"no enable of the drives within {START_WAIT_S:g} s", "start the supervisor first")

    def read(self) -> ArmState:
        """Return the newest senses, once the drives have made new ones; the ticks missed show as a gap in time."""
        senses = self._next(SENSES_LOST_S)
        self._tick, self._t_s = senses.tick, senses.state.t_s
        return senses.state

    def apply(self, command: ApprovedCommand) -> None:
        """Send an approved command; ``read`` waits for the period to pass."""
        self._beat += 1
        self._send(command.tau_nm, wants_enable=True)

    def truth(self) -> tuple[Truth, ...]:
        """Return nothing: what really happens is not known here."""
        return NO_TRUTH

    def safe(self) -> None:
        """Withdraw the wish for the enable: the drives close their brakes."""
        if self._writer is not None:
            self._send((0.0,) * self._info.joints, wants_enable=False)

    def deactivate(self) -> None:
        """Forget the mapping; never raises."""
        self._reader = self._writer = None

    def _send(self, tau_nm: Vector, *, wants_enable: bool) -> None:
        if self._writer is None:
            raise PlantError(f"{self._info.name} is not open", "call configure first")
        cell = HostCell(self._beat, self._tick, wants_enable, self._mode(), self._t_s, tau_nm)
        self._writer.write(self._host.pack(cell))

    def _look(self) -> SensesCell | None:
        if self._reader is None:
            raise PlantError(f"{self._info.name} is not open", "call configure first")
        senses = self._senses.unpack(self._reader.read())
        return senses if senses is not None and senses.tick > self._tick else None

    def _next(self, wait_s: float) -> SensesCell:
        senses = wait_for(self._look, time.monotonic() + wait_s)
        if senses is None:
            raise PlantError(f"no new senses within {wait_s:g} s", "start the drives, check their process")
        return senses

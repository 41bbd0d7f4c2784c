"""What the processes tell each other: typed values and their bytes; whatever cannot be meant is None.

Every cell has one writer: the session loop (host), the supervisor, the drives with their senses, and the owner who
started them all. Times are counted in ticks of the drives, so that nobody is blamed when the drives are late.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

from controller.processes.shared_memory import BlockKind
from controller.types import ArmState, Authority, Cause, Mode, Vector

MODES, AUTHORITIES, CAUSES = tuple(Mode), tuple(Authority), tuple(Cause)
NO_CAUSE = len(CAUSES)


@dataclass(frozen=True, slots=True)
class HostCell:
    """What the session loop says.

    Attributes:
        beat: heartbeat, one more with every command; 0 until the first.
        tick: tick of the senses that the command answers.
        wants_enable: asks for the enable of the drives; withdrawn when the session has ended.
        mode: mode of the gate.
        t_s: time of the senses that the command answers.
        tau_nm: approved torques, (n,).
        holding_nm: torques that hold the arm without pressing, (n,), for drives that nobody commands any more.
        resumes: how often the loop has asked for the drives back after a cleared stop.
    """

    beat: int
    tick: int
    wants_enable: bool
    mode: Mode
    t_s: float
    tau_nm: Vector
    holding_nm: Vector
    resumes: int = 0


@dataclass(frozen=True, slots=True)
class SupervisorCell:
    """What the supervisor says.

    Attributes:
        beat: heartbeat; 0 until it is ready.
        tick: tick of the senses it has last judged.
        has_drives: it has taken the drives from the session loop.
        cause: why, None while it has not.
        mode: what its torques do.
        is_realtime: it runs with a real-time priority.
        t_s: time of the senses it has last judged.
        tau_nm: its torques, (n,).
        resumes: the newest request of the session loop for the drives that it has agreed to.
    """

    beat: int
    tick: int
    has_drives: bool
    cause: Cause | None
    mode: Mode
    is_realtime: bool
    t_s: float
    tau_nm: Vector
    resumes: int = 0


@dataclass(frozen=True, slots=True)
class SensesCell:
    """What the drives and sensors say.

    Attributes:
        tick: periods since the drives started; the clock of everybody else.
        state: the senses.
        identity: digest of the plant's identity.
        broken: periods so far in which the drives could not read the session loop's block whole.
    """

    tick: int
    state: ArmState
    identity: int = 0
    broken: int = 0


@dataclass(frozen=True, slots=True)
class OwnerCell:
    """What the process says that started the others.

    Attributes:
        is_over: the run is over: close the brakes and end, but never before an arm without enable is safe.
    """

    is_over: bool


class HostCodec:
    """Host cells and their bytes.

    Args:
        joints: number of joints n.
    """

    def __init__(self, joints: int) -> None:
        self._layout = struct.Struct(f"<qqqBB6xd{2 * joints}d")
        self._joints = joints
        self.kind = BlockKind("host", 1, joints, self._layout.size)

    def pack(self, cell: HostCell) -> bytes:
        """Return the bytes of a cell."""
        return self._layout.pack(
            cell.beat, cell.tick, cell.resumes, cell.wants_enable, MODES.index(cell.mode), cell.t_s, *cell.tau_nm,
            *cell.holding_nm,
        )  # fmt: skip

    def unpack(self, payload: bytes | None) -> HostCell | None:
        """Return the cell; None where it is broken or asks for torques that are no numbers."""
        if payload is None:
            return None
        beat, tick, resumes, wants_enable, mode, t_s, *torques = self._layout.unpack(payload)
        if wants_enable > 1 or mode >= len(MODES) or not math.isfinite(t_s + sum(torques)):
            return None
        tau_nm, holding_nm = tuple(torques[: self._joints]), tuple(torques[self._joints :])
        return HostCell(beat, tick, bool(wants_enable), MODES[mode], t_s, tau_nm, holding_nm, resumes)


class SupervisorCodec:
    """Supervisor cells and their bytes.

    Args:
        joints: number of joints n.
    """

    def __init__(self, joints: int) -> None:
        self._layout = struct.Struct(f"<qqqBBBB4xd{joints}d")
        self.kind = BlockKind("supervisor", 2, joints, self._layout.size)

    def pack(self, cell: SupervisorCell) -> bytes:
        """Return the bytes of a cell."""
        cause = NO_CAUSE if cell.cause is None else CAUSES.index(cell.cause)
        return self._layout.pack(
            cell.beat, cell.tick, cell.resumes, cell.has_drives, cause, MODES.index(cell.mode), cell.is_realtime,
            cell.t_s, *cell.tau_nm,
        )  # fmt: skip

    def unpack(self, payload: bytes | None) -> SupervisorCell | None:
        """Return the cell; None where it is broken or asks for torques that are no numbers."""
        if payload is None:
            return None
        beat, tick, resumes, has_drives, cause, mode, is_realtime, t_s, *tau_nm = self._layout.unpack(payload)
        is_known = has_drives <= 1 and is_realtime <= 1 and mode < len(MODES) and cause <= NO_CAUSE
        if not (is_known and math.isfinite(sum(tau_nm))):
            return None
        why = None if cause == NO_CAUSE else CAUSES[cause]
        return SupervisorCell(
            beat, tick, bool(has_drives), why, MODES[mode], bool(is_realtime), t_s, tuple(tau_nm), resumes
        )  # fmt: skip


class SensesCodec:
    """Senses cells and their bytes; NaN is a value here, since a sense may fail.

    Args:
        joints: number of joints n.
    """

    def __init__(self, joints: int) -> None:
        self._joints = joints
        self._layout = struct.Struct(f"<qQqBB6x4d6d{6 * joints}d{joints}qq")
        self._nothing: Vector = (math.nan,) * joints
        self.kind = BlockKind("senses", 3, joints, self._layout.size)

    def pack(self, cell: SensesCell) -> bytes:
        """Return the bytes of a cell."""
        state = cell.state
        optional = (state.temperatures_c, state.voltages_v, state.joint_age_s)
        present = sum(1 << bit for bit, values in enumerate((*optional, state.joint_fault)) if values)
        return self._layout.pack(
            cell.tick, cell.identity, state.wrench_sequence, AUTHORITIES.index(state.authority), present, state.t_s,
            state.sensor_age_s, state.supervisor_age_s, state.command_age_s, *state.wrench_s, *state.q_rad,
            *state.dq_rad_s, *state.tau_nm, *(value for values in optional for value in values or self._nothing),
            *(state.joint_fault or (0,) * self._joints), cell.broken,
        )  # fmt: skip

    def unpack(self, payload: bytes | None) -> SensesCell | None:
        """Return the cell; None where it is broken."""
        if payload is None:
            return None
        tick, identity, sequence, authority, present, t_s, sensor_age_s, *values = self._layout.unpack(payload)
        if authority >= len(AUTHORITIES) or present >= 1 << 4:
            return None
        n = self._joints
        supervisor_age_s, command_age_s, fx, fy, fz, mx, my, mz = values[:8]
        q_rad, dq_rad_s, tau_nm, *optional = (tuple(values[8 + k * n : 8 + (k + 1) * n]) for k in range(7))
        hot, volts, ages, faults = (values if present >> bit & 1 else () for bit, values in enumerate(optional))
        return SensesCell(
            tick,
            ArmState(
                t_s, q_rad, dq_rad_s, tau_nm, (fx, fy, fz, mx, my, mz), sensor_age_s, sequence,
                AUTHORITIES[authority], supervisor_age_s, command_age_s, hot, volts, ages, faults,
            ),
            identity,
            values[-1],
        )  # fmt: skip


class OwnerCodec:
    """Owner cells and their bytes.

    Args:
        joints: number of joints n.
    """

    def __init__(self, joints: int) -> None:
        self._layout = struct.Struct("<B7x")
        self.kind = BlockKind("owner", 4, joints, self._layout.size)

    def pack(self, cell: OwnerCell) -> bytes:
        """Return the bytes of a cell."""
        return self._layout.pack(cell.is_over)

    def unpack(self, payload: bytes | None) -> OwnerCell | None:
        """Return the cell; None where it is broken."""
        if payload is None:
            return None
        (is_over,) = self._layout.unpack(payload)
        return OwnerCell(bool(is_over)) if is_over <= 1 else None

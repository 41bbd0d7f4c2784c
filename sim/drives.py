"""What the simulated drives do with the commands of two masters: enable, authority, last command, watchdog."""

from __future__ import annotations

import math
from dataclasses import dataclass

from controller.safety.projection import FLOAT_DAMPING_S_PER_RAD
from controller.safety.supervision import ENABLE_DELAY_S
from controller.supervisor.cells import HostCell, SupervisorCell
from controller.types import Authority, Mode, Vector

DRIVE_WATCHDOG_S = 0.010
"""Time without a command after which the drives act by themselves (assumed; moteus and Dynamixel set it in ms). With
one fault somebody always commands well before; it is there for the second fault, the loss of both masters."""


@dataclass(frozen=True, slots=True)
class DriveOrder:
    """What happens in one period.

    Attributes:
        authority: whose torque it is.
        tau_nm: torques, (n,); zero behind closed brakes.
        host_mode: mode the session loop last told.
        supervisor_age_s: time since the supervisor's last heartbeat, infinite before the first.
        command_age_s: time since the last command of whoever has the drives.
    """

    authority: Authority
    tau_nm: Vector
    host_mode: Mode
    supervisor_age_s: float
    command_age_s: float = 0.0


def left_alone(holding_nm: Vector, dq_rad_s: Vector, damping_nms_per_rad: Vector) -> Vector:
    """Return what drives do that nobody commands, (n,): hold without pressing, with damping from their own encoders."""
    return tuple([h - d * v for h, d, v in zip(holding_nm, damping_nms_per_rad, dq_rad_s, strict=True)])


class Drives:
    """Decides once a tick. The enable is given once; when it is lost, only a new start gives it again.

    Args:
        hold_nm: torques that hold the arm where it stands when the brakes open, (n,).
        torque_nm: torque limits, (n,): the damping of drives left alone is a share of them.
        dt_s: tick.
    """

    def __init__(self, hold_nm: Vector, torque_nm: Vector, dt_s: float) -> None:
        self._dt_s = dt_s
        self._torque: Vector = hold_nm
        self._holding: Vector = hold_nm
        self._damping = tuple(FLOAT_DAMPING_S_PER_RAD * limit for limit in torque_nm)
        self._nothing: Vector = (0.0,) * len(hold_nm)
        self._host = HostCell(0, -1, False, Mode.RUN, 0.0, self._nothing, self._nothing)
        self._supervisor = SupervisorCell(0, -1, False, None, Mode.RUN, False, 0.0, self._nothing)
        self._host_tick = self._supervisor_tick = 0
        self.authority = Authority.NOBODY
        """Whose torque the drives take."""
        self._is_spent = False

    def decide(
        self, tick: int, host: HostCell | None, supervisor: SupervisorCell | None, dq_rad_s: Vector
    ) -> DriveOrder:
        """Return the order of this tick.

        Args:
            tick: now.
            host: cell of the session loop, None where it is broken: what was heard before still counts.
            supervisor: cell of the supervisor, the same.
            dq_rad_s: joint speeds by the drives' own encoders, (n,).
        """
        if host is not None:
            self._host_tick = tick if host.beat != self._host.beat else self._host_tick
            self._host = host
        if supervisor is not None:
            self._supervisor_tick = tick if supervisor.beat != self._supervisor.beat else self._supervisor_tick
            self._supervisor = supervisor
        age_s = (tick - self._supervisor_tick) * self._dt_s if self._supervisor.beat > 0 else math.inf
        silent_s = self._update_authority(tick, age_s)
        if self.authority is Authority.NOBODY:
            self._torque = self._nothing if self._is_spent else self._torque
            return DriveOrder(self.authority, self._nothing, self._host.mode, age_s)
        if self.authority is Authority.SUPERVISOR:
            self._torque = self._holding = self._supervisor.tau_nm
        elif self._host.beat > 0:
            self._torque, self._holding = self._host.tau_nm, self._host.holding_nm
        torque = self._torque
        if not silent_s <= DRIVE_WATCHDOG_S:
            torque = left_alone(self._holding, dq_rad_s, self._damping)
        return DriveOrder(self.authority, torque, self._host.mode, age_s, silent_s)

    def close(self) -> None:
        """Drop the enable for good."""
        self.authority, self._is_spent = Authority.NOBODY, True

    def _update_authority(self, tick: int, age_s: float) -> float:
        """Give, move or drop the enable; return the time since the last command of whoever has it."""
        is_alive = age_s <= ENABLE_DELAY_S
        if self.authority is Authority.NOBODY:
            if self._host.wants_enable and is_alive and not self._is_spent:
                self.authority, self._host_tick = Authority.HOST, tick
            return 0.0
        if self._supervisor.has_drives:
            self.authority = Authority.SUPERVISOR
        is_hosted = self.authority is Authority.HOST
        heard_tick = self._host_tick if is_hosted else self._supervisor_tick
        # Before the first command the drives hold the start posture by themselves.
        is_waiting = is_hosted and self._host.beat == 0
        silent_s = 0.0 if is_waiting else (tick - heard_tick) * self._dt_s
        # A session loop that has lost the drives has no say in the enable either.
        is_wanted = self._host.wants_enable or not is_hosted
        if not (is_alive and is_wanted and silent_s <= ENABLE_DELAY_S):
            self.close()
        return silent_s

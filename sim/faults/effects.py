"""What faults do inside the simulated world: to the senses after they were taken, to the drives, to the person."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sim.faults.joint_effects import SPEED_SIGNAL, SpeedFaults
from sim.faults.kinds import Fault
from sim.period.packed_state import LAG_SHARE, TORQUE_LIMIT, Arena
from sim.person.contact_law import EXPONENT, FOOT, STIFFNESS
from sim.person.parameters import REFERENCE_DEPTH_M
from trajectories.anatomy.spine import SpineLine
from trajectories.anatomy.spline import evaluate_layers

Array = NDArray[np.float64]
Bump = tuple[float, float, float]
"""Delay after the fault's time [s], duration [s], height toward the tool over the fault's value."""

JUMPING_JOINT = 4
MOMENT_SHARE_M = 0.05
"""Noise of the moments over that of the forces."""
STIFF_FORCE_N = 20.0
"""Force at which the stiffness of hardened tissue is given."""
HARDENING_S = 1.0
"""Time in which a muscle hardens (assumed)."""
ROLL_S = 0.5

BUMPS: dict[str, tuple[Bump, ...]] = {
    "patient_jerk": ((0.0, 0.2, 1.0),),
    "patient_jerk_fast": ((0.0, 0.1, 1.0),),
    "patient_away": ((0.0, 0.1, -1.0),),
    "patient_cough": tuple((0.3 * k + 0.06 * half, 0.06, 1.0 - 2.0 * half) for k in range(3) for half in range(2)),
    "patient_gets_up": ((0.0, 1.0, 1.0),),
    "tool_slips": ((0.0, 0.02, -1.0), (0.22, 1.0, 1.0)),
    "patient_higher": ((-1.0, 1.0, 1.0),),
    "patient_rises_after_stop": ((2.0, 1.0, 1.0),),
}
"""How the surface moves, of the last one after the stop; durations of patient and edge are assumed. One that has ended
as it begins is there at once."""


class SenseFaults:
    """Faults of the senses that have begun; applied once a period to what was sensed.

    Args:
        generator: stream of its own for noise.
        joints: number of joints n.
        dt_s: period [s].
    """

    def __init__(self, generator: np.random.Generator, joints: int, dt_s: float) -> None:
        self._generator, self._joints, self._dt_s = generator, joints, dt_s
        self._active: list[Fault] = []
        self._kept: list[float] = []
        self._unplugged_s = 0.0
        self.is_silent = False
        """The wrist sensor gives no new samples."""
        self._late: deque[list[float]] = deque()
        self._speeds = SpeedFaults(joints)

    def begin(self, fault: Fault, samples: Sequence[list[float]]) -> None:
        """Let a fault begin.

        Args:
            fault: of the senses.
            samples: (6,) wrenches before it, the last of them at the end.
        """
        self._active.append(fault)
        self._kept = self._kept or samples[-1]
        self.is_silent |= fault.name == "sensor_unplugged"
        if fault.name == "sensor_delayed":
            self._late = deque(samples, maxlen=round(fault.value * 1e-3 / self._dt_s) + 1)

    def distort(self, sensed: list[float], wrench: list[float], age_s: float) -> tuple[list[float], float]:
        """Change positions and speeds in ``sensed`` and return the wrench sample (6,) and its age [s]."""
        for fault in self._active:
            match fault.name:
                case "sensor_zero":
                    wrench = [0.0] * 6
                case "sensor_nan":
                    wrench = [math.nan] * 6
                case "sensor_frozen":
                    wrench = self._kept
                case "sensor_unplugged":
                    self._unplugged_s += self._dt_s
                    wrench, age_s = self._kept, age_s + self._unplugged_s
                case "sensor_biased":
                    wrench = [*wrench[:2], wrench[2] + fault.value, *wrench[3:]]
                case "sensor_noisy":
                    wrench = self._noisy(wrench, fault.value)
                case "sensor_delayed":
                    self._late.append(wrench)
                    wrench = self._late[0]
                case "encoder_jump":
                    sensed[JUMPING_JOINT - 1] += fault.value
                case name if name in SPEED_SIGNAL:
                    self._speeds.distort(fault, sensed)
                case _:
                    for joint in fault.joints(self._joints):
                        sensed[joint] = sensed[self._joints + joint] = math.nan
        return wrench, age_s

    def _noisy(self, wrench: list[float], rms_n: float) -> list[float]:
        noise = rms_n * self._generator.normal(size=6)
        noise[3:] *= MOMENT_SHARE_M
        return [value + extra for value, extra in zip(wrench, noise.tolist(), strict=True)]


class WorldFaults:
    """Faults of arm and person, written into the numbers that the compiled period works on.

    Args:
        arena: numbers of a run at its beginning; what is changed in them is put back by ``undo``.
        dt_s: period [s].
        spine: of the person.
    """

    def __init__(self, arena: Arena, dt_s: float, spine: SpineLine) -> None:
        self._dt_s, self._spine = dt_s, spine
        self._constants, self._profile = arena.constants.copy(), arena.profile
        self._layer: Array = arena.layers[STIFFNESS].copy()
        self._hardening = 0.0
        self._hardened_s = self._hard_s = 0.0
        self._soft: Array = self._layer
        self._after_stop: list[Fault] = []

    def undo(self, arena: Arena) -> Arena:
        """Return the arena as it was before any fault."""
        arena.constants[:] = self._constants
        arena.layers[STIFFNESS] = self._layer
        self._hard_s = self._hardened_s = 0.0
        self._after_stop.clear()
        return replace(arena, profile=self._profile)

    def begin(self, fault: Fault, arena: Arena, t_s: float) -> Arena:
        """Let a fault of arm or person begin and return the arena to go on with; the tool's mass is not here."""
        match fault.name:
            case "joint_torque_lost":
                arena.constants[TORQUE_LIMIT + round(fault.value) - 1] = 0.0
            case "joint_torque_saturated":
                arena.constants[TORQUE_LIMIT:] *= fault.value
            case "actuator_lag":
                arena.constants[LAG_SHARE] = -math.expm1(-self._dt_s / (fault.value * 1e-3))
            case "tissue_stiff":
                self._begin_hardening(fault.value, arena, 0.0 if t_s <= 0.0 else HARDENING_S)
            case "patient_roll":
                x_m, y_m = arena.pad[0], arena.pad[1]
                rise_m = math.tan(math.radians(fault.value)) * abs(float(y_m - self._spine.y(x_m)))
                return _with_bumps(arena, fault.start_s, ((0.0, ROLL_S, 1.0),), rise_m)
            case "patient_rises_after_stop":
                self._after_stop.append(fault)
            case name:
                return _with_bumps(arena, fault.start_s, BUMPS[name], fault.value * 1e-3)
        return arena

    @property
    def awaits_stop(self) -> bool:
        """True where a fault that has begun waits for the session to be stopped."""
        return bool(self._after_stop)

    def stop(self, arena: Arena, t_s: float) -> Arena:
        """Let what waits for a stop follow one at this time [s] and return the arena to go on with."""
        for fault in self._after_stop:
            arena = _with_bumps(arena, t_s, BUMPS[fault.name], fault.value * 1e-3)
        self._after_stop.clear()
        return arena

    def harden(self, arena: Arena) -> None:
        """Let tissue that is on its way to its new stiffness harden for one period."""
        if not self._hardened_s < self._hard_s:
            return
        self._hardened_s += self._dt_s
        u = min(1.0, self._hardened_s / self._hard_s)
        arena.layers[STIFFNESS] = self._soft + self._hardening * (u * u * (3.0 - 2.0 * u))

    def _begin_hardening(self, stiffness_n_per_mm: float, arena: Arena, time_s: float) -> None:
        """Find the factor that gives the instant law F = k d^n its tangent n F/d at the spot under the tool."""
        values = np.zeros((arena.layers.shape[0], 3))
        x0, y0, scale = arena.constants[:3].tolist()
        x, y = arena.result[FOOT : FOOT + 2].tolist()
        evaluate_layers(arena.layers, x0, y0, scale, x, y, values)
        exponent = float(values[EXPONENT, 0])
        depth_m = exponent * STIFF_FORCE_N / (stiffness_n_per_mm * 1e3)
        wanted = math.log(STIFF_FORCE_N * (REFERENCE_DEPTH_M / depth_m) ** exponent)
        self._hardening = wanted - float(values[STIFFNESS, 0])
        self._soft = arena.layers[STIFFNESS].copy()
        self._hard_s, self._hardened_s = time_s, 0.0
        if not time_s > 0.0:
            arena.layers[STIFFNESS] = self._soft + self._hardening


def _with_bumps(arena: Arena, start_s: float, bumps: tuple[Bump, ...], size_m: float) -> Arena:
    rows = np.array([(start_s + delay_s, duration_s, share * size_m) for delay_s, duration_s, share in bumps])
    return replace(arena, profile=np.concatenate([arena.profile, rows]))

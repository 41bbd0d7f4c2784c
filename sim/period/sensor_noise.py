"""What the senses make of the truth: encoders, wrist force/torque sensor; all noise drawn ahead from one stream."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled

Array = NDArray[np.float64]

ENCODER_COUNTS = 2**19
"""Counts a turn at the joint (assumed: a 19-bit absolute encoder at the output side)."""
SPEED_NOISE_RAD_S = 5e-4
"""Noise of the joint speed, rms (assumed: differentiated encoder after a 100 Hz filter)."""
FORCE_NOISE_N = 0.05
"""Noise of each force axis, rms: the figure the acceptance of the controller is stated for."""
MOMENT_NOISE_NM = 0.002
"""Noise of each moment axis, rms (assumed, same sensor class)."""
FORCE_BIAS_N = 0.2
"""Constant offset of each force axis, standard deviation over sensors (assumed)."""
MOMENT_BIAS_NM = 0.005
"""Constant offset of each moment axis, standard deviation over sensors (assumed)."""
BLOCK = 1024
"""Periods whose noise is drawn at once: about 0.1 ms of work."""


@dataclass(frozen=True, slots=True)
class SensorQuality:
    """How good the senses are; zeros give the truth.

    Attributes:
        encoder_step_rad: resolution of the joint position; 0 for none.
        speed_noise_rad_s: rms noise of the joint speed.
        force_noise_n: rms noise of a force axis.
        moment_noise_nm: rms noise of a moment axis.
        force_bias_n: standard deviation of the constant offset of a force axis.
        moment_bias_nm: standard deviation of the constant offset of a moment axis.
    """

    encoder_step_rad: float = 2.0 * math.pi / ENCODER_COUNTS
    speed_noise_rad_s: float = SPEED_NOISE_RAD_S
    force_noise_n: float = FORCE_NOISE_N
    moment_noise_nm: float = MOMENT_NOISE_NM
    force_bias_n: float = FORCE_BIAS_N
    moment_bias_nm: float = MOMENT_BIAS_NM


PERFECT = SensorQuality(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""Senses that tell the truth."""


class SensorNoise:
    """The noise rows of a run, drawn in blocks so that a tick only counts up.

    Args:
        generator: stream of its own.
        quality: rms values.
        joints: number of joints n.
        delay_samples: extra samples the wrench is late, beyond the one that its measuring period takes.
    """

    def __init__(self, generator: np.random.Generator, quality: SensorQuality, joints: int) -> None:
        self._generator = generator
        self._scale = np.concatenate(
            [
                np.full(joints, quality.speed_noise_rad_s),
                np.full(3, quality.force_noise_n),
                np.full(3, quality.moment_noise_nm),
            ]
        )
        bias = np.concatenate([np.full(3, quality.force_bias_n), np.full(3, quality.moment_bias_nm)])
        self.bias: Array = bias * generator.normal(size=6)
        """(6,) constant offset of the wrench of this run."""
        self._block: Array = np.zeros((BLOCK, joints + 6))
        self._used = BLOCK

    def row(self) -> Array:
        """Return the (n + 6,) noise of the next period: joint speeds, then force and moment with their offset."""
        if self._used == BLOCK:
            self._block = self._generator.normal(size=self._block.shape) * self._scale
            self._block[:, -6:] += self.bias
            self._used = 0
        self._used += 1
        row: Array = self._block[self._used - 1]
        return row


@compiled
def sense(motion: Array, wrench: Array, noise: Array, encoder_step: float, sensed: Array) -> None:
    """Write what the senses report.

    Args:
        motion: (2 n,) true joint positions and speeds.
        wrench: (6,) true wrench of the tool side on the sensor.
        noise: (n + 6,) row of ``SensorNoise``.
        encoder_step: resolution of the positions [rad]; 0 for none.
        sensed: (2 n + 6,) positions, speeds, wrench.
    """
    joints = motion.shape[0] // 2
    for i in range(joints):
        sensed[i] = motion[i]
        if encoder_step > 0.0:
            sensed[i] = encoder_step * math.floor(motion[i] / encoder_step + 0.5)
        sensed[joints + i] = motion[joints + i] + noise[i]
    for i in range(6):
        sensed[2 * joints + i] = wrench[i] + noise[joints + i]

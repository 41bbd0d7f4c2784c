"""How the patient moves: breathing everywhere, and rises of the whole back that start at a given time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from controller.compiled import compiled
from trajectories.anatomy.body import Body

Array = NDArray[np.float64]

BREATHING_RATE_HZ = (0.23, 0.25)
"""Range of the breathing rate: upper end of 8-15 breaths a minute at rest."""
BREATHING_AMPLITUDES_M = (
    ("C7", 0.0020),
    ("T3", 0.0045),
    ("T9", 0.0050),
    ("T12", 0.0035),
    ("L3", 0.0020),
    ("L5S1", 0.0010),
)
"""Vertical amplitude (half of peak to peak) of the skin over the spine: 5 mm on the thorax, 2 mm on the lumbar back,
less on sacrum and neck. No measured prone surface motion was found: assumed, on the high side of the 2-4 mm peak to
peak that spine and rib data suggest."""
STILL_M = 0.15
"""Distance beyond the outermost of these landmarks at which breathing is not felt any more (assumed)."""
LATERAL_FULL_M, LATERAL_HALF_M = 0.12, 0.20
"""Offsets from the spine: full amplitude within the first, half of it beyond the second, on shoulders and arms
(assumed)."""


@dataclass(frozen=True, slots=True)
class Rise:
    """A smooth vertical displacement of the whole body: ``height_m (10 u^3 - 15 u^4 + 6 u^5)``, ``u`` from 0 to 1.

    Attributes:
        start_s: time at which it begins.
        duration_s: time it takes, > 0.
        height_m: displacement that stays, positive up.
    """

    start_s: float
    duration_s: float
    height_m: float


@dataclass(frozen=True, slots=True)
class PatientMotion:
    """Breathing and rises of one patient.

    Attributes:
        rate_hz: breathing rate.
        phase_rad: breathing phase at time zero.
        depth: factor on the breathing amplitude; 0 holds the breath.
        rises: displacements, added up.
    """

    rate_hz: float
    phase_rad: float
    depth: float
    rises: tuple[Rise, ...] = ()

    def profile(self) -> Array:
        """Return the (1 + rises, 3) table for ``move``: rate [rad/s], phase, depth; then start, duration, height."""
        rows = [(2.0 * math.pi * self.rate_hz, self.phase_rad, self.depth)]
        rows += [(rise.start_s, rise.duration_s, rise.height_m) for rise in self.rises]
        return np.array(rows, dtype=np.float64)


def draw_motion(generator: np.random.Generator, is_breathing: bool, rises: tuple[Rise, ...] = ()) -> PatientMotion:
    """Draw rate and phase of the breathing; the stream is used the same way whether or not the patient breathes."""
    rate = float(generator.uniform(*BREATHING_RATE_HZ))
    phase = float(generator.uniform(0.0, 2.0 * math.pi))
    return PatientMotion(rate, phase, 1.0 if is_breathing else 0.0, rises)


@compiled
def move(profile: Array, t_s: float, motion: Array) -> None:
    """Write the patient's motion at a time.

    Args:
        profile: table of ``PatientMotion.profile``.
        t_s: time [s].
        motion: (4,) breathing value in [-1, 1], its rate [1/s], lift of the body [m], its speed [m/s].
    """
    angle = profile[0, 0] * t_s + profile[0, 1]
    motion[0] = profile[0, 2] * math.sin(angle)
    motion[1] = profile[0, 2] * profile[0, 0] * math.cos(angle)
    motion[2] = 0.0
    motion[3] = 0.0
    for i in range(1, profile.shape[0]):
        u = (t_s - profile[i, 0]) / profile[i, 1]
        if u >= 1.0:
            motion[2] += profile[i, 2]
        elif u > 0.0:
            motion[2] += profile[i, 2] * u * u * u * (10.0 - 15.0 * u + 6.0 * u * u)
            motion[3] += profile[i, 2] / profile[i, 1] * 30.0 * u * u * (1.0 - u) * (1.0 - u)


def breathing_amplitude(body: Body, x_m: Array, y_m: Array) -> Array:
    """Return the breathing amplitude [m] at points of the back, smooth in both directions.

    Args:
        body: the body, for its landmarks.
        x_m: cranial coordinates, any shape.
        y_m: lateral coordinates, same shape.
    """
    points = sorted((float(body.landmarks[name][0]), amplitude) for name, amplitude in BREATHING_AMPLITUDES_M)
    x_knots = [points[0][0] - STILL_M, *(x for x, _ in points), points[-1][0] + STILL_M]
    along = PchipInterpolator(x_knots, [0.0, *(amplitude for _, amplitude in points), 0.0])
    u = np.clip((np.abs(y_m) - LATERAL_FULL_M) / (LATERAL_HALF_M - LATERAL_FULL_M), 0.0, 1.0)
    lateral = 1.0 - 0.5 * u * u * (3.0 - 2.0 * u)
    return np.asarray(along(np.clip(x_m, x_knots[0], x_knots[-1])) * lateral, dtype=np.float64)

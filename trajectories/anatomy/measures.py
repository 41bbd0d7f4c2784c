"""Measures that place regions and keep-out zones on any body: levels of the spine, widths and the shoulder line.

Widths of muscles and the levels of the scapula are proportions of a standing adult from topographic anatomy; where no
source is named they are assumed. The body model's bone "T3" lies lower than the third thoracic vertebra (0.15 to
0.22 m below C7), so the levels of the scapula are taken as fractions of the distance between C7 and T12.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trajectories.anatomy.body import Body
from trajectories.anatomy.landmarks import Landmarks
from trajectories.anatomy.spine import SpineLine
from trajectories.anatomy.zones import Side

Floats = npt.NDArray[np.float64]

T3_FRACTION = 0.20
"""Level of the T3 spinous process, where the scapular spine ends medially, as a part of C7-T12 (assumed)."""
T7_FRACTION = 0.52
"""Level of the T7 spinous process, the inferior angle of the scapula, as a part of C7-T12 (assumed)."""
STRIP_M = 0.060
"""Lateral edge of the thoracic paraspinal strip from the spine (assumed)."""
ERECTOR_M = 0.085
"""Lateral edge of the lumbar erector spinae from the spine; the kidney flank begins beside it (assumed)."""
SCAPULA_M = (0.088, 0.48)
"""Medial border of the scapula from the spine: at least the first, and this part of the shoulder half-width
(assumed: 70-90 mm in adults)."""
NECK_BASE_M = (0.010, 0.045)
"""Where the upper trapezius leaves the neck: below C7, and to the side."""


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """The measures of one body.

    Attributes:
        landmarks: its landmarks.
        spine: its spine line.
        trunk_m: distance L5S1-C7 along x.
        shoulder_m: half the distance between the shoulder joints.
        scapula_m: distance of the medial border of the scapula from the spine.
    """

    landmarks: Landmarks
    spine: SpineLine
    trunk_m: float
    shoulder_m: float
    scapula_m: float

    @classmethod
    def of(cls, body: Body) -> Measures:
        """Measure a body."""
        marks = body.landmarks
        shoulder = marks.shoulder_half_width_m
        scapula = max(SCAPULA_M[0], SCAPULA_M[1] * shoulder)
        return cls(marks, SpineLine.from_body(body), marks.trunk_length_m, shoulder, scapula)

    def x(self, name: str) -> float:
        """Return x of a landmark [m]."""
        return self.landmarks[name][0]

    def thoracic_x(self, fraction: float) -> float:
        """Return x at a fraction of the way from C7 (0) down to T12 (1) [m]."""
        return self.x("C7") + fraction * (self.x("T12") - self.x("C7"))

    def spot(self, name: str) -> Floats:
        """Return x, y of a landmark (2,) [m]."""
        return np.array(self.landmarks[name][:2])

    def beside(self, x: float, lateral_m: float, sign: int) -> Floats:
        """Return the point (2,) at x, ``lateral_m`` from the spine on the side of ``sign`` (1 left, -1 right)."""
        return np.array([x, float(self.spine.y(x)) + sign * lateral_m])

    def strip(self, x_range: tuple[float, float], inner_m: float, outer_m: float, sign: int) -> Floats:
        """Return the outline (K, 2) of a strip that follows the spine between two offsets from it."""
        x = np.linspace(x_range[0], x_range[1], 12)
        y = self.spine.y(x)
        near, far = np.stack((x, y + sign * inner_m), axis=1), np.stack((x, y + sign * outer_m), axis=1)
        return np.concatenate((near, far[::-1]))

    def neck_base(self, sign: int) -> Floats:
        """Return where the upper trapezius leaves the neck (2,) [m]."""
        return self.beside(self.x("C7") - NECK_BASE_M[0], NECK_BASE_M[1], sign)


SIDES: tuple[tuple[Side, str, int], ...] = (("left", "L", 1), ("right", "R", -1))
"""Name, suffix of the landmarks and sign of y of both sides."""

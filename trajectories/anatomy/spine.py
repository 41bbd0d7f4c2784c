"""The line of the spinous processes over a body, and positions along it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline

from controller.errors import ModelError
from trajectories.anatomy.body import Body
from trajectories.anatomy.landmarks import SPINE

Floats = npt.NDArray[np.float64]

_STEP_M = 0.001


@dataclass(frozen=True, slots=True, eq=False)
class SpineLine:
    """The spine of a body as y over x: a natural cubic spline through its landmarks, straight beyond them.

    It is twice continuously differentiable, so a stroke laid beside it is too. The arc is its length in the x-y plane,
    0 at L5S1 and growing cranially.

    Attributes:
        curve: y [m] over x [m] between L5S1 and C7.
        levels_m: x of every landmark of the spine, by name, caudal to cranial.
        table_x_m: (k,) x of a fine table along the grid of the body.
        table_arc_m: (k,) arc at ``table_x_m``.
        table_z_m: (k,) height of the skin over the line at ``table_x_m`` as the file has it.
    """

    curve: CubicSpline[np.float64]
    levels_m: tuple[tuple[str, float], ...]
    table_x_m: Floats
    table_arc_m: Floats
    table_z_m: Floats

    @classmethod
    def from_body(cls, body: Body) -> SpineLine:
        """Return the spine line of ``body``."""
        points = np.array([body.landmarks[name] for name in SPINE])
        curve = CubicSpline(points[:, 0], points[:, 1], bc_type="natural")
        x = np.arange(body.x_m[0], body.x_m[-1], _STEP_M)
        y = _straight_beyond(curve, x, 0)
        arc = np.concatenate(([0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))))
        arc -= np.interp(points[0, 0], x, arc)
        rows = np.round((x - body.x_m[0]) / body.spacing_m).astype(int)
        columns = np.clip(np.round((y - body.y_m[0]) / body.spacing_m).astype(int), 0, len(body.y_m) - 1)
        z = body.z_m[rows, columns]
        skin = np.isfinite(z)
        levels = tuple((name, float(v)) for name, v in zip(SPINE, points[:, 0], strict=True))
        return cls(curve, levels, x, arc, np.interp(x, x[skin], z[skin]))

    def y(self, x: npt.ArrayLike) -> Floats:
        """Return the y of the spine [m] at x [m], any shape."""
        return _straight_beyond(self.curve, np.asarray(x, dtype=np.float64), 0)

    def slope(self, x: npt.ArrayLike) -> Floats:
        """Return dy/dx of the spine at x [m], any shape."""
        return _straight_beyond(self.curve, np.asarray(x, dtype=np.float64), 1)

    def point(self, x: npt.ArrayLike) -> Floats:
        """Return the points (..., 3) of the line at x [m], with the height of the skin as the file has it."""
        x = np.asarray(x, dtype=np.float64)
        return np.stack((x, self.y(x), np.interp(x, self.table_x_m, self.table_z_m)), axis=-1)

    def lateral(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Floats:
        """Return the offset of points from the spine along y, positive to the person's left [m]."""
        return np.asarray(y, dtype=np.float64) - self.y(x)

    def arc(self, x: npt.ArrayLike) -> Floats:
        """Return the arc [m] at x [m]."""
        return np.asarray(np.interp(np.asarray(x, dtype=np.float64), self.table_x_m, self.table_arc_m))

    def x_at_arc(self, arc_m: npt.ArrayLike) -> Floats:
        """Return x [m] at an arc [m]; the ends of the grid bound it."""
        return np.asarray(np.interp(np.asarray(arc_m, dtype=np.float64), self.table_arc_m, self.table_x_m))

    def level_x(self, name: str) -> float:
        """Return x [m] of a landmark of the spine; raises ModelError for any other name."""
        for level, x in self.levels_m:
            if level == name:
                return x
        raise ModelError("level of the spine", repr(name), ", ".join(level for level, _ in self.levels_m))

    def level_arc(self, name: str) -> float:
        """Return the arc [m] of a landmark of the spine; raises ModelError for any other name."""
        return float(self.arc(self.level_x(name)))

    def describe(self, x: float) -> str:
        """Say where along the spine x [m] is, in words: ``12 mm above T12, below T9``."""
        names, places = [name for name, _ in self.levels_m], [place for _, place in self.levels_m]
        above = int(np.searchsorted(places, x, side="right"))
        if above == 0:
            return f"{1e3 * (places[0] - x):.0f} mm below {names[0]}"
        place = f"{1e3 * (x - places[above - 1]):.0f} mm above {names[above - 1]}"
        return place if above == len(names) else f"{place}, below {names[above]}"


def _straight_beyond(curve: CubicSpline[np.float64], x: Floats, order: int) -> Floats:
    """Return the curve (order 0) or its slope (order 1) at x, continued straight beyond its ends."""
    inside = np.clip(x, curve.x[0], curve.x[-1])
    slope = np.asarray(curve(inside, 1), dtype=np.float64)
    return slope if order == 1 else np.asarray(curve(inside) + slope * (x - inside), dtype=np.float64)

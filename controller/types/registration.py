"""What a plan says of places: where no pad may press, and how light glides tell where the person lies."""

from __future__ import annotations

from dataclasses import dataclass

from controller.types.vectors import Matrix, Vector


@dataclass(frozen=True, slots=True)
class ClearanceGrid:
    """Distance to the nearest keep-out, seen from above in W, on a regular grid; the widening is in it.

    Attributes:
        x0_m: x of the first row.
        y0_m: y of the first column.
        spacing_m: distance of rows and of columns.
        rows_m: (n, m) distances, negative inside a keep-out [m].
    """

    x0_m: float
    y0_m: float
    spacing_m: float
    rows_m: Matrix


@dataclass(frozen=True, slots=True)
class Offset:
    """One number that says how far the person lies from where the plan thinks.

    Attributes:
        name: what it is.
        row: (N,) its factors on the excess heights.
        allowed: largest magnitude that the session goes on with.
        unit: unit of both, m or rad.
        deviation: standard deviation of its error by scan, breathing and tissue.
    """

    name: str
    row: Vector
    allowed: float
    unit: str
    deviation: float


@dataclass(frozen=True, slots=True)
class RegistrationCheck:
    """How the heights measured by the first strokes are turned into the place of the person.

    Attributes:
        times_s: (N,) plan times at which heights are taken, growing.
        half_s: samples this near to one of them count for it.
        expected_m: (N,) distance of tool and reference along the outward normal where all is as planned.
        depth_m: (N,) indentation by the planned press force, contained in it.
        estimator: (6, N) from excess heights to displacement [m] and turn [rad] of the person, about the base.
        jacobian: (N, 6) from these back to heights.
        offsets: what is held against a limit.
        residual_m: largest rms of what no displacement explains.
        judged_s: plan time at which the verdict is due.
    """

    times_s: Vector
    half_s: float
    expected_m: Vector
    depth_m: Vector
    estimator: Matrix
    jacobian: Matrix
    offsets: tuple[Offset, ...]
    residual_m: float
    judged_s: float

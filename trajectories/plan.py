"""A whole session as a pure function of time: what the planner hands to the session loop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled
from controller.types import ClearanceGrid, PadReference, Phase, Reference, RegistrationCheck, SegmentInfo, Vector
from trajectories.spline_track import Indices, evaluate, find_piece

Array = NDArray[np.float64]

POSITION, QUATERNION, NORMAL, PRESS, POSTURE = 0, 3, 7, 10, 11
"""First channel of p_WT (3), R_WT as a quaternion xyzw (4), outward normal (3), press force (1), posture (n)."""
# layout of the flat result of _reference_at: piece, then fields in the order of Reference
_P, _Q, _V, _A, _N, _F, _POSTURE = 1, 4, 8, 14, 20, 23, 25


@dataclass(frozen=True, slots=True, eq=False)
class PlanFacts:
    """What the planner measured about a plan, worst values over all samples.

    Attributes:
        joint_margin_rad: smallest distance of a joint from its limits.
        smallest_singular: smallest singular value of the tool Jacobian (m and rad mixed).
        joint_speed_share: largest joint speed as a share of its limit.
        position_error_m: largest residual of the inverse kinematics.
        angle_error_rad: largest residual of the inverse kinematics.
        work_s: time of all work phases.
        is_parked_beside: the way to rest after a stop ends beside the person, not at the start posture over the flank.
        paths_xy_m: planned contact feet of each segment, for drawing, (k, 2) every 50 ms.
    """

    joint_margin_rad: float
    smallest_singular: float
    joint_speed_share: float
    position_error_m: float
    angle_error_rad: float
    work_s: float
    is_parked_beside: bool
    paths_xy_m: tuple[Array, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Immutable plan of a session; implements ``controller.types.PlanLike``.

    Position, orientation, press force and posture are twice continuously differentiable in time.

    Attributes:
        segments: the strokes, in order.
        duration_s: length [s].
        hold_times_s: ends of the approaches, where the clock waits for the press force.
        start_q_rad: joint positions to begin at, (n,).
        park_path_rad: joint postures to go through after a stop, on straight legs that are proven clear from every
            posture of the plan; the last is where the arm rests.
        end_path_rad: the same from the end of the plan, by the shortest way that is proven clear; empty where the arm
            rests at the plan's end.
        start_path_rad: proven way from the posture that the arm stands in before the session, which comes first, to
            ``start_q_rad``, which comes last; empty where the arm stands there.
        facts: worst values found while planning.
        phases: phase of every piece.
        segment_of_piece: stroke of every piece.
        starts_s: (pieces + 1,) start of every piece and the end of the last.
        spacings_s: (pieces,) knot spacing.
        first_intervals: (pieces + 1,) index of every piece's first polynomial, and their number.
        coefficients: (intervals, channels, 6) polynomials, see ``spline_track``.
        registration: how the first strokes tell where the person lies; None for a plan without such strokes.
        keep_out: where no pad may press.
    """

    segments: tuple[SegmentInfo, ...]
    duration_s: float
    hold_times_s: tuple[float, ...]
    start_q_rad: Vector
    park_path_rad: tuple[Vector, ...]
    end_path_rad: tuple[Vector, ...]
    start_path_rad: tuple[Vector, ...]
    facts: PlanFacts
    phases: tuple[Phase, ...]
    segment_of_piece: tuple[int, ...]
    starts_s: Array
    spacings_s: Array
    first_intervals: Indices
    coefficients: Array
    registration: RegistrationCheck | None
    keep_out: ClearanceGrid | None

    @property
    def rest_q_rad(self) -> Vector:
        """Posture that the arm stands in before the session, (n,)."""
        return self.start_path_rad[0] if self.start_path_rad else self.start_q_rad

    @property
    def resume_times_s(self) -> tuple[float, ...]:
        """Beginnings of the transfers [s]."""
        return tuple(float(s) for s, phase in zip(self.starts_s, self.phases, strict=False) if phase is Phase.TRANSFER)

    def at(self, t_s: float) -> Reference:
        """Return the reference at a plan time [s]; times before 0 and after the end are those of the ends."""
        t = t_s if 0.0 <= t_s <= self.duration_s else (self.duration_s if t_s > self.duration_s else 0.0)
        flat = tuple(_reference_at(t, self.starts_s, self.spacings_s, self.first_intervals, self.coefficients).tolist())
        piece = int(flat[0])
        return Reference(
            t,
            self.phases[piece],
            self.segment_of_piece[piece],
            flat[_P:_Q],
            flat[_Q:_V],
            flat[_V:_A],
            flat[_A:_N],
            flat[_POSTURE:],
            (PadReference(flat[_N:_F], flat[_F], flat[_F + 1]),),
        )


@compiled
def _reference_at(t_s: float, starts_s: Array, spacings_s: Array, first: Indices, coefficients: Array) -> Array:
    """Return piece, p, q, twist, acceleration, normal, press, press rate and posture as one flat array."""
    piece = find_piece(starts_s, t_s)
    spacing = spacings_s[piece]
    count = first[piece + 1] - first[piece]
    since = t_s - starts_s[piece]
    interval = min(int(since / spacing), count - 1)
    channels = coefficients.shape[1]
    values = np.zeros((3, channels))
    evaluate(coefficients, first[piece] + interval, since - interval * spacing, values)
    out = np.zeros(25 + channels - 11)
    out[0] = piece
    for i in range(3):
        out[1 + i] = values[0, i]
        out[8 + i] = values[1, i]
        out[14 + i] = values[2, i]
    _rotation(values, out)
    length = np.sqrt(values[0, 7] ** 2 + values[0, 8] ** 2 + values[0, 9] ** 2)
    for i in range(3):
        out[20 + i] = values[0, 7 + i] / length
    out[23] = max(values[0, 10], 0.0)
    out[24] = values[1, 10]
    for i in range(channels - 11):
        out[25 + i] = values[0, 11 + i]
    return out


@compiled
def _rotation(values: Array, out: Array) -> None:
    """Write unit quaternion, angular velocity and angular acceleration in W from a quaternion of any length.

    With r = dq q^-1 and s = ddq q^-1: omega = 2 vec(r) and alpha = 2 vec(s - r r) (Shuster, survey of attitude
    representations, 1993); the scalar part of r is the change of length, which rotates nothing.
    """
    x, y, z, w = values[0, 3], values[0, 4], values[0, 5], values[0, 6]
    square = x * x + y * y + z * z + w * w
    length = np.sqrt(square)
    out[4], out[5], out[6], out[7] = x / length, y / length, z / length, w / length
    a, b, c, d = values[1, 3], values[1, 4], values[1, 5], values[1, 6]
    scale = 2.0 / square
    out[11] = scale * (-d * x + w * a - b * z + c * y)
    out[12] = scale * (-d * y + w * b - c * x + a * z)
    out[13] = scale * (-d * z + w * c - a * y + b * x)
    stretch = scale * (d * w + a * x + b * y + c * z)
    a, b, c, d = values[2, 3], values[2, 4], values[2, 5], values[2, 6]
    out[17] = scale * (-d * x + w * a - b * z + c * y) - stretch * out[11]
    out[18] = scale * (-d * y + w * b - c * x + a * z) - stretch * out[12]
    out[19] = scale * (-d * z + w * c - a * y + b * x) - stretch * out[13]

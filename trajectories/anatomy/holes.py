"""Is the skin of a body file whole where hands will work: no hole, no gap, no spike."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from controller.errors import ModelError
from trajectories.anatomy.landmarks import REQUIRED, SPINE, Landmarks

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_BACK_HALF_WIDTH_M = 0.05
"""Half-width of the strip along the spine that must be skin throughout; the narrowest sampled neck base has 0.05 m."""
_TRUNK_FRACTION = 0.75
"""A closed gap farther out than this part of the shoulder half-width may be the arm's (a sampled body has one at
0.87); closer in it is a hole (assumed)."""
_GLUTEAL_M = 0.15
"""How far below L5S1 a hole is looked for."""
_CLEFT_M = (0.08, 0.06)
"""Below L5S1 minus the first and closer to the midline than the second lies the gap between the thighs, no hole."""
_AXILLA_M = 0.03
"""Above the shoulder joints minus this, arm and trunk are one: every closed gap is a hole."""
_JUMP_M = 0.02
_JUMP_SLOPE = 2.5
"""Largest step between neighbouring samples of the back: 20 mm plus a slope of 68 degrees (assumed)."""
_LANDMARK_M = 0.05
"""Largest distance of a landmark's height from the skin at its place (assumed: it was read off the same skin)."""


def check_surface(x: Floats, y: Floats, z: Floats, landmarks: Landmarks) -> None:
    """Raise ModelError where the skin of the back has a hole, a gap or a spike, or a landmark is not on the skin.

    Args:
        x: (n,) cranial axis, uniform [m].
        y: (m,) axis to the left, the same spacing [m].
        z: (n, m) heights, NaN outside the body [m].
        landmarks: landmarks inside the grid.
    """
    outside = np.isnan(z)
    lateral = np.abs(y[None, :] - _spine_y(x, landmarks)[:, None])
    _refuse_holes(x, y, outside, lateral, landmarks)
    _check_landmarks(x, y, z, landmarks)
    low, high = landmarks["L5S1"][0], landmarks["C7"][0]
    back = ((x >= low) & (x <= high))[:, None] & (lateral <= _BACK_HALF_WIDTH_M)
    if (outside & back).any():
        _refuse(x, y, outside & back, landmarks, "a gap in the skin")
    limit = _JUMP_M + _JUMP_SLOPE * (x[1] - x[0])
    for axis in (0, 1):
        jump = np.zeros_like(back)
        both = (np.abs(np.diff(z, axis=axis)) > limit) & np.take(back, range(back.shape[axis] - 1), axis=axis)
        jump[tuple(slice(0, size) for size in both.shape)] = both
        if jump.any():
            _refuse(x, y, jump, landmarks, f"a jump of more than {1e3 * limit:.0f} mm between neighbours")


def _spine_y(x: Floats, landmarks: Landmarks) -> Floats:
    """Return the y of the spine at every row, straight between the landmarks."""
    points = np.array([landmarks[name] for name in SPINE])
    return np.asarray(np.interp(x, points[:, 0], points[:, 1]))


def _check_landmarks(x: Floats, y: Floats, z: Floats, landmarks: Landmarks) -> None:
    spacing = x[1] - x[0]
    for name in REQUIRED:
        point = landmarks[name]
        i, j = round((point[0] - x[0]) / spacing), round((point[1] - y[0]) / spacing)
        height = z[min(i, len(x) - 1), min(j, len(y) - 1)]
        if not abs(height - point[2]) <= _LANDMARK_M:
            got = "no skin below it" if np.isnan(height) else f"z {point[2]:.3f} m where the skin is at {height:.3f} m"
            allowed = f"a point on the skin, within {1e3 * _LANDMARK_M:.0f} mm"
            where = f"{landmarks.source}: landmark {name!r} at x {1e3 * point[0]:.0f}, y {1e3 * point[1]:.0f} mm"
            raise ModelError(where, got, allowed, "check the file for holes, units and axes")


def _refuse_holes(x: Floats, y: Floats, outside: Mask, lateral: Floats, landmarks: Landmarks) -> None:
    """Refuse a patch without skin that the body encloses, where trunk must be."""
    base, half_width = landmarks["L5S1"][0], landmarks.shoulder_half_width_m
    shoulder = max(landmarks["shoulder_L"][0], landmarks["shoulder_R"][0]) - _AXILLA_M
    trunk = (x >= base - _GLUTEAL_M)[:, None] & (lateral <= _TRUNK_FRACTION * half_width)
    trunk &= ~((x < base - _CLEFT_M[0])[:, None] & (lateral <= _CLEFT_M[1]))
    trunk |= np.broadcast_to((x >= shoulder)[:, None], trunk.shape)
    labels, _ = ndimage.label(outside)
    edges = np.concatenate((labels[0], labels[-1], labels[:, 0], labels[:, -1]))
    enclosed = outside & ~np.isin(labels, np.unique(edges))
    inside = np.unique(labels[enclosed & trunk])
    if len(inside):
        _refuse(x, y, labels == inside[0], landmarks, "a hole")


def _refuse(x: Floats, y: Floats, cells: Mask, landmarks: Landmarks, what: str) -> None:
    """Raise ModelError for the first connected patch of ``cells``, with its place and size."""
    labels, _ = ndimage.label(cells)
    rows, columns = np.nonzero(labels == labels[cells][0])
    spacing = 1e3 * (x[1] - x[0])
    size = (np.ptp(rows) + 1) * spacing, (np.ptp(columns) + 1) * spacing
    centre = 1e3 * x[rows].mean(), 1e3 * y[columns].mean()
    raise ModelError(
        f"{landmarks.source}: z at x {centre[0]:.0f}, y {centre[1]:.0f} mm",
        f"{what}, {size[0]:.0f} mm along x and {size[1]:.0f} mm along y",
        "unbroken skin on the back between L5S1 and C7",
        "fill or scan that place again",
    )

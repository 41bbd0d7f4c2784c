"""Mass properties of a link as its file gives them, held against what a body can have."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from controller.errors import ModelError
from controller.types import Vector3
from urdf.attributes import number, vector
from urdf.geometry import Inertial
from urdf.markup import Element

_LARGEST_KG = 100.0
"""No link of an arm beside a person is heavier (assumed); a file that passes this has its units wrong."""
_REPAIRED_SHARE = 0.15
"""Largest excess over the triangle rule, as a share of the largest inertia, that is repaired (design choice): the
repair changes each by a third of it, which is no more than the link masses of one type of arm scatter by."""
_ROUNDING = 1e-9
"""Share of the largest principal inertia that is rounding of the file's digits."""
_INSIDE = 1e-6
"""Share of the largest principal inertia by which it stays below the sum of the others: PyBullet takes an inertia on
the edge of the triangle rule, such as that of a thin plate, for a bad one and sets it to zero without a word."""
_KEYS = ("ixx", "iyy", "izz", "ixy", "ixz", "iyz")
_NOT_A_BODY = "none negative, the largest at most the sum of the others"


@dataclass(frozen=True, slots=True)
class FileInertia:
    """Mass properties of a link; ``inertial`` None without mass, ``note`` says what was repaired, else empty."""

    inertial: Inertial | None
    note: str = ""


def rpy_matrix(rpy_rad: Vector3) -> NDArray[np.float64]:
    """Return the (3, 3) rotation Rz(yaw) Ry(pitch) Rx(roll) of URDF."""
    (sr, sp, sy), (cr, cp, cy) = (tuple(f(a) for a in rpy_rad) for f in (math.sin, math.cos))
    return np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )


def read_inertia(path: Path, link: str, block: Element | None, *, is_still: bool) -> FileInertia:
    """Return the mass properties of a link.

    Args:
        path: the file.
        link: name of the link.
        block: its <inertial>.
        is_still: whether no joint before it moves: then its inertia acts on nothing and may be anything.

    Raises:
        ModelError: no mass or inertia in the block, a mass that no link has, or an inertia that no body has.
    """
    where = f"{path} link {link!r}"
    if block is None:
        return FileInertia(None)
    mass_element, tensor = block.first("mass"), block.first("inertia")
    if mass_element is None or tensor is None:
        if is_still:
            return FileInertia(None)
        raise ModelError(where, "<inertial> without <mass> or <inertia>", "both")
    mass = number(path, mass_element, "value")
    if not 0.0 <= mass <= _LARGEST_KG:
        todo = "correct the mass; kilograms are meant"
        raise ModelError(where, f"mass {mass:g} kg", f"0 to {_LARGEST_KG:g} kg", todo)
    if mass == 0.0:
        return FileInertia(None)
    xx, yy, zz, xy, xz, yz = (number(path, tensor, key) for key in _KEYS)
    own = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
    try:
        own, note = _possible(where, own)
    except ModelError:
        if is_still:
            return FileInertia(None)
        raise
    origin = block.first("origin")
    rotation = rpy_matrix(vector(path, origin, "rpy"))
    matrix = rotation @ own @ rotation.T
    values = (float(matrix[i, k]) for i, k in ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)))
    xx, yy, zz, xy, xz, yz = values
    return FileInertia(Inertial(mass, vector(path, origin, "xyz"), (xx, yy, zz, xy, xz, yz)), note)


def _possible(where: str, matrix: NDArray[np.float64]) -> tuple[NDArray[np.float64], str]:
    """Return an inertia that a body can have, and a note where it had to be changed a little for that."""
    principal, axes = np.linalg.eigh(matrix)
    first, second, third = principal.tolist()
    excess = third - first - second
    if first >= 0.0 and (excess <= -_INSIDE * third or third == 0.0):
        return matrix, ""
    got = f"principal inertias {first:.4g}, {second:.4g}, {third:.4g} kg m2"
    if not (first >= -_ROUNDING * third and excess <= _REPAIRED_SHARE * third):
        raise ModelError(where, got, _NOT_A_BODY, _suggestion(first, second, third))
    repaired = axes @ np.diag(_inside_the_rule(first, second, third)) @ axes.T
    note = f"{got}, the largest too large by {100.0 * excess / third:.2g} %: a third of that moved to each other one"
    return repaired, note if excess > _ROUNDING * third else ""


def _inside_the_rule(first: float, second: float, third: float) -> tuple[float, float, float]:
    """Return three principal inertias near these of which the largest is just less than the sum of the others."""
    step = max(third - first - second, 0.0) / 3.0
    return max(first, 0.0) + step + _INSIDE * third, second + step, third - step


def _suggestion(first: float, second: float, third: float) -> str:
    if not first >= 0.0:
        return "measure it anew; a solid ball of mass m and radius r has 0.4 m r2 about every axis"
    a, b, c = _inside_the_rule(first, second, third)
    return f"measure it anew; nearest possible: {a:.4g}, {b:.4g}, {c:.4g}"

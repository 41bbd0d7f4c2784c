"""Vectors and matrices as plain tuples and rows of floats."""

from __future__ import annotations

from collections.abc import Sequence

Vector = tuple[float, ...]
Vector3 = tuple[float, float, float]
Vector4 = tuple[float, float, float, float]
Vector6 = tuple[float, float, float, float, float, float]
Matrix = Sequence[Sequence[float]]
"""Rows; made afresh for every value that holds one."""

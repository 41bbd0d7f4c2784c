"""Texts and numbers of the attributes of a robot file, every number finite."""

from __future__ import annotations

import math
from pathlib import Path

from controller.errors import ModelError
from controller.types import Vector, Vector3
from urdf.markup import Element


def required_text(path: Path, element: Element, key: str) -> str:
    """Return an attribute that must be there; raises ModelError where it is missing or empty."""
    value = element.attributes.get(key, "")
    if not value:
        raise ModelError(f"{path} line {element.line}", f"<{element.tag}> without {key!r}", f'{key}="..."')
    return value


def number(path: Path, element: Element, key: str) -> float:
    """Return an attribute that must be a finite number; raises ModelError where it is none."""
    text = required_text(path, element, key)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ModelError(f"{path} line {element.line}", f'{key}="{text}"', "a finite number")
    return value


def numbers(path: Path, element: Element | None, key: str, default: Vector) -> Vector:
    """Return the numbers of an attribute, as many as ``default`` has; ``default`` where it is missing.

    Raises:
        ModelError: another count, or a number that is not finite.
    """
    if element is None or key not in element.attributes:
        return default
    text = element.attributes[key]
    try:
        values = tuple(float(part) for part in text.split())
    except ValueError:
        values = (math.nan,)
    if not all(math.isfinite(value) for value in values):
        raise ModelError(f"{path} line {element.line}", f'{key}="{text}"', "finite numbers")
    if len(values) != len(default):
        raise ModelError(f"{path} line {element.line}", f'{key}="{text}"', f"{len(default)} numbers")
    return values


def vector(path: Path, element: Element | None, key: str, default: Vector3 = (0.0, 0.0, 0.0)) -> Vector3:
    """Return an attribute of three numbers; raises ModelError as ``numbers`` does."""
    x, y, z = numbers(path, element, key, default)
    return (x, y, z)

"""The ``/tf`` message in the form that stock viewers draw (foxglove.FrameTransforms)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from controller.types import Vector3, Vector4
from workbench.record.messages import StaticFrame

DIGITS = 6
"""Decimals of what viewers draw: a micrometre."""
SCHEMA_NAME = "foxglove.FrameTransforms"


@dataclass(frozen=True, slots=True)
class Time:
    """Session time, split as viewers want it."""

    sec: int
    nsec: int


@dataclass(frozen=True, slots=True)
class Translation:
    """A position [m]."""

    x: float
    y: float
    z: float


@dataclass(frozen=True, slots=True)
class Rotation:
    """A unit quaternion."""

    x: float
    y: float
    z: float
    w: float


@dataclass(frozen=True, slots=True)
class FrameTransform:
    """Pose of a child frame in its parent."""

    timestamp: Time
    parent_frame_id: str
    child_frame_id: str
    translation: Translation
    rotation: Rotation


@dataclass(frozen=True, slots=True)
class FrameTransforms:
    """All frames at one time."""

    transforms: tuple[FrameTransform, ...]


def frame_transforms(
    time_ns: int, p_wt: Vector3, quaternion_wt: Vector4, static: Sequence[StaticFrame]
) -> FrameTransforms:
    """Return the tool's pose X_WT and the given fixed frames as one message."""
    frames = (StaticFrame("world", "tool", p_wt, quaternion_wt), *static)
    time = Time(time_ns // 1_000_000_000, time_ns % 1_000_000_000)
    return FrameTransforms(
        tuple(
            FrameTransform(
                time,
                frame.parent,
                frame.child,
                Translation(*(round(value, DIGITS) for value in frame.position_m)),
                Rotation(*(round(value, DIGITS) for value in frame.quaternion_xyzw)),
            )
            for frame in frames
        )
    )

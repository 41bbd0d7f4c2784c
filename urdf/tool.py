"""The single-thumb tool: one spherical pad on a stem behind a wrist force sensor, the same on every arm.

Link chain: ``flange`` (arm side of the sensor), fixed ``wrist_sensor_joint``, ``wrist_sensor`` (S, tool side of the
sensor), ``tool_body`` (stem), ``tool`` (T, the pad). The sensor weighs everything behind ``wrist_sensor_joint``.

Sensor: a compact six-axis sensor of the ATI Mini45 class (SI-145-5: 290 N along z, 5 Nm); 45 mm across, 15.7 mm high,
0.092 kg, half of it on each side: "assumed", no datasheet was at hand. Stem and adapter: aluminium 6061. Pad:
polyurethane through and through, 1100 kg/m3, "assumed".
"""

from __future__ import annotations

import math

from controller.arm import PadDescription, ToolDescription
from controller.types import Vector3
from urdf.document import Joint, Link
from urdf.geometry import AXIS_Z, Cylinder, Sphere, combine, tube

SENSOR_FRAME = "wrist_sensor"
SENSOR_JOINT = "wrist_sensor_joint"
TOOL_FRAME = "tool"
ONLY_PAD = "pad"
"""Name of the pad of a tool that has one."""
PAD_RADIUS_M = 0.018
"""Radius of the pad's sphere: a broad thumb."""
TIP_M = 0.16
"""Distance from the flange face (S) to the centre of the pad (T)."""
ALUMINIUM_KG_M3 = 2700.0
"""Aluminium 6061, ASM handbook value."""
_PAD_KG_M3 = 1100.0
_SENSOR_MASS_KG = 0.092
_SENSOR_RADIUS_M = 0.0225
_SENSOR_HEIGHT_M = 0.0157
_ADAPTER_HEIGHT_M = 0.012
_STEM_RADIUS_M = 0.013
_STEM_START_M = _SENSOR_HEIGHT_M + _ADAPTER_HEIGHT_M


def tool_links() -> tuple[Link, ...]:
    """Return flange, sensor, stem and pad; the flange frame has z out of the flange."""
    half = _SENSOR_HEIGHT_M / 2.0
    fixed = Cylinder((0.0, 0.0, half / 2.0), AXIS_Z, half, _SENSOR_RADIUS_M, _SENSOR_MASS_KG / 2.0, color="metal")
    moving = Cylinder((0.0, 0.0, 1.5 * half), AXIS_Z, half, _SENSOR_RADIUS_M, _SENSOR_MASS_KG / 2.0, color="metal")
    adapter_mass = ALUMINIUM_KG_M3 * math.pi * _SENSOR_RADIUS_M**2 * _ADAPTER_HEIGHT_M
    adapter = Cylinder(
        (0.0, 0.0, _SENSOR_HEIGHT_M + _ADAPTER_HEIGHT_M / 2.0),
        AXIS_Z,
        _ADAPTER_HEIGHT_M,
        _SENSOR_RADIUS_M,
        adapter_mass,
        color="metal",
    )
    length = TIP_M - PAD_RADIUS_M / 2.0 - _STEM_START_M
    stem = tube(
        (0.0, 0.0, _STEM_START_M + length / 2.0), AXIS_Z, length, _STEM_RADIUS_M, _STEM_RADIUS_M, ALUMINIUM_KG_M3
    )
    pad = Sphere((0.0, 0.0, 0.0), PAD_RADIUS_M, _PAD_KG_M3 * 4.0 / 3.0 * math.pi * PAD_RADIUS_M**3)
    return (
        Link("flange", combine((fixed,)), (fixed,), ()),
        Link(SENSOR_FRAME, combine((moving, adapter)), (moving, adapter), ()),
        Link("tool_body", combine((stem,)), (stem,), ()),
        Link(TOOL_FRAME, combine((pad,)), (pad,), (pad,)),
    )


def tool_joints(parent: str, flange_m: Vector3, flange_rpy_rad: Vector3) -> tuple[Joint, ...]:
    """Return the fixed joints that hang the tool on link ``parent`` with the flange at the given place."""
    none = (0.0, 0.0, 0.0)
    return (
        Joint("flange_joint", parent, "flange", flange_m, flange_rpy_rad, None),
        Joint(SENSOR_JOINT, "flange", SENSOR_FRAME, none, none, None),
        Joint("tool_body_joint", SENSOR_FRAME, "tool_body", none, none, None),
        Joint("tool_joint", "tool_body", TOOL_FRAME, (0.0, 0.0, TIP_M), none, None),
    )


def thumb_tool() -> ToolDescription:
    """Return the tool as the controller has to know it."""
    _, sensor, body, pad = tool_links()
    masses = [link.inertial.mass_kg for link in (sensor, body, pad) if link.inertial is not None]
    heights = [link.inertial.com_m[2] for link in (sensor, body) if link.inertial is not None] + [TIP_M]
    mass = math.fsum(masses)
    height = math.fsum(m * z for m, z in zip(masses, heights, strict=True)) / mass
    pads = (PadDescription(ONLY_PAD, PAD_RADIUS_M, (0.0, 0.0, 0.0)),)
    return ToolDescription(name="thumb", pads=pads, mass_kg=mass, com_s_m=(0.0, 0.0, height))

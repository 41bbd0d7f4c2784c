"""An arm as spheres along its links, each carried by a joint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.arm import ArmDescription, Placement
from sim.bullet.rigid_groups import BASE, ArmLink, carriers, hanging_on
from sim.surroundings.shapes_of_file import Capsule, shapes_of_file

Array = NDArray[np.float64]

SPACING_SHARE = 1.0
"""Distance of neighbouring spheres over their radius (design choice): between two the surface is 13 % of it too low."""
HIDDEN_M = 0.003
"""A sphere that stands out of a larger one by less than this is left out (design choice)."""
MESH_RADIUS_M = 0.045
"""Radius along a link whose file has a mesh only (assumed: half the width of a collaborative arm's forearm)."""
STAND_RADIUS_M = 0.05
"""Radius of the post that carries the base (assumed, as in the pictures)."""
STAND_M = 0.5
"""Length of that post below the base: down to where no arm reaches it (assumed)."""
SHOULDER_JOINTS = 2
"""Links carried by the first joints of an arm are built around its column and cannot fold onto it (design choice)."""

CARRIER, LINK, LOCAL, RADIUS, IS_TOOL, IS_PAD, IS_FREE, WORLD, SPHERE_SIZE = 0, 1, 2, 5, 6, 7, 8, 9, 12
"""Where a row of spheres holds the joint (from 0) that carries it, the number of its link, its centre (3) in the frame
behind that joint [m], its radius [m], whether it hangs on the wrist sensor, is a pad, and can meet the column, and room
for its centre (3) in W [m]."""
START, END, COLUMN_RADIUS, COLUMN_SIZE = 0, 3, 6, 7
"""Where a row of the column holds the ends (3 each) of a capsule that stands still, in W [m], and its radius [m]."""


@dataclass(frozen=True, slots=True, eq=False)
class ArmSpheres:
    """The moving spheres of an arm and the capsules of what carries it.

    Attributes:
        links: names of the links that have a sphere.
        spheres: (s, ``SPHERE_SIZE``), in the order of their joints, those of the tool at the end.
        column: (c, ``COLUMN_SIZE``) base and post.
    """

    links: tuple[str, ...]
    spheres: Array
    column: Array


def arm_spheres(arm: ArmDescription, links: list[ArmLink], placement: Placement) -> ArmSpheres:
    """Return the spheres of an arm.

    Args:
        arm: the arm and its tool.
        links: its links as the engine has them, with all joints at zero.
        placement: X_WB.

    Raises:
        PlantError: the file's shapes cannot be read.
    """
    shapes, carried = shapes_of_file(arm.urdf_path), carriers(links)
    tool = {link.name for link in hanging_on(links, arm.sensor_frame)}
    names: list[str] = []
    rows: list[list[float]] = []
    column: list[Capsule] = []
    root = next((name for name in shapes if name not in {link.name for link in links}), "")
    column += shapes[root].capsules if root else ()
    for index, link in enumerate(links):
        found = shapes[link.name]
        capsules = _through(link, index, links) if found.has_mesh_only else found.capsules
        capsules = tuple(_moved(one, link.position_m, link.rotation) for one in capsules)
        if carried[index] == BASE:
            column += capsules
            continue
        carrier = links[carried[index]]
        if carrier.joint not in arm.joint_names or not capsules:
            continue
        names.append(link.name)
        joint, is_tool, is_pad = arm.joint_names.index(carrier.joint), link.name in tool, link.name == arm.tool_frame
        for centre, radius in _spheres(capsules):
            local = carrier.rotation.T @ (centre - carrier.position_m)
            is_free = joint >= SHOULDER_JOINTS
            rows.append([joint, len(names) - 1, *local, radius, is_tool, is_pad, is_free, 0.0, 0.0, 0.0])
    rows.sort(key=lambda row: (row[IS_TOOL], row[CARRIER]))
    spheres = np.array(rows, dtype=np.float64).reshape(-1, SPHERE_SIZE)
    return ArmSpheres(tuple(names), spheres, _column(column, placement))


def _spheres(capsules: tuple[Capsule, ...]) -> list[tuple[Array, float]]:
    """Return centre and radius of the spheres that stand for capsules, without those inside of another one."""
    found: list[tuple[Array, float]] = []
    for centre, radius in sorted(_along(capsules), key=lambda sphere: -sphere[1]):
        if all(float(np.linalg.norm(centre - other)) + radius > size + HIDDEN_M for other, size in found):
            found.append((centre, radius))
    return found


def _along(capsules: tuple[Capsule, ...]) -> Iterator[tuple[Array, float]]:
    for one in capsules:
        length = float(np.linalg.norm(one.end_m - one.start_m))
        count = int(np.ceil(length / (SPACING_SHARE * one.radius_m))) + 1 if length > 0.0 else 1
        for share in np.linspace(0.0, 1.0, count) if count > 1 else (0.5,):
            yield one.start_m + share * (one.end_m - one.start_m), one.radius_m


def _through(link: ArmLink, index: int, links: list[ArmLink]) -> tuple[Capsule, ...]:
    """Return capsules from a link's origin to those of the links behind it, in its frame."""
    behind = [other.position_m for other in links if other.parent == index] or [link.position_m]
    ends = [link.rotation.T @ (end - link.position_m) for end in behind]
    return tuple(Capsule(np.zeros(3), end, MESH_RADIUS_M) for end in ends)


def _moved(one: Capsule, position_m: Array, rotation: Array) -> Capsule:
    return Capsule(position_m + rotation @ one.start_m, position_m + rotation @ one.end_m, one.radius_m)


def _column(capsules: list[Capsule], placement: Placement) -> Array:
    """Return the capsules of the base in W, and the post below it."""
    x, y, z, w = placement.quaternion_xyzw
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    base = np.array(placement.position_m)
    down = np.array([0.0, 0.0, -1.0])
    still = [_moved(one, base, rotation) for one in capsules]
    still.append(Capsule(base + STAND_RADIUS_M * down, base + STAND_M * down, STAND_RADIUS_M))
    return np.array([[*one.start_m, *one.end_m, one.radius_m] for one in still])

"""A robot file as PyBullet reads it: the engine's own reading, so that it can be held to the controller's."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from controller.arm import ArmDescription, Placement
from controller.errors import PlantError
from sim.bullet.engine import pybullet
from sim.bullet.quiet import silenced_output
from sim.bullet.rigid_groups import ArmLink
from sim.bullet.shapeless import without_meshes

Array = NDArray[np.float64]
_AT_ORIGIN = Placement((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))


@contextlib.contextmanager
def new_world() -> Iterator[int]:
    """Open a physics world for a moment."""
    world: int = pybullet.connect(pybullet.DIRECT)
    try:
        yield world
    finally:
        pybullet.disconnect(physicsClientId=world)


def load_file(path: str, placement: Placement, world: int) -> int:
    """Return the number of the body made from a file; raises ``pybullet.error`` where Bullet cannot read it."""
    with silenced_output():
        body: int = pybullet.loadURDF(
            path,
            placement.position_m,
            placement.quaternion_xyzw,
            useFixedBase=True,
            flags=pybullet.URDF_USE_INERTIA_FROM_FILE | pybullet.URDF_IGNORE_COLLISION_SHAPES,
            physicsClientId=world,
        )
    return body


def load_robot(path: Path, placement: Placement, world: int) -> int:
    """Return the number of the body made from a user's robot file without its meshes, to be drawn.

    Meshes often lie on the machine the file was made on, and Bullet loads nothing where one is missing.

    Raises:
        PlantError: the file is no XML.
    """
    try:
        text = without_meshes(path.read_bytes())
    except expat.ExpatError as error:
        raise PlantError(f"{path}: no XML ({error})", "check the URDF") from error
    return load_text(text, placement, world)


def load_text(text: str, placement: Placement, world: int) -> int:
    """Return the number of the body made from a URDF text; raises ``pybullet.error`` where Bullet cannot read it."""
    with tempfile.NamedTemporaryFile("w", suffix=".urdf", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        return load_file(file.name, placement, world)


def links_of_file(arm: ArmDescription) -> list[ArmLink]:
    """Return the links of an arm in the order of Bullet's numbers.

    Raises:
        PlantError: the file cannot be loaded, lacks a joint or a link, or has a joint that slides.
    """
    with new_world() as world:
        try:
            body = load_text(arm.urdf_text, _AT_ORIGIN, world)
        except pybullet.error as error:
            raise PlantError(f"{arm.urdf_path}: PyBullet cannot load it ({error})", "check the URDF") from error
        links = [_link_of_file(body, info, world) for info in joint_infos(body, world)]
        sliding = [info[1].decode() for info in joint_infos(body, world) if info[2] == pybullet.JOINT_PRISMATIC]
    if sliding:
        raise PlantError(f"{arm.urdf_path}: joint {sliding[0]!r} slides", "use revolute joints only")
    for wanted, known in (
        (arm.joint_names, [link.joint for link in links]),
        ((arm.sensor_frame, arm.tool_frame), [link.name for link in links]),
    ):
        missing = [name for name in wanted if name not in known]
        if missing:
            raise PlantError(f"{arm.urdf_path}: no {missing[0]!r}", f"the file has {', '.join(known)}")
    return links


def joint_infos(body: int, world: int) -> list[tuple[Any, ...]]:
    """Return what ``getJointInfo`` says of every joint."""
    count = pybullet.getNumJoints(body, physicsClientId=world)
    return [pybullet.getJointInfo(body, index, physicsClientId=world) for index in range(count)]


def _link_of_file(body: int, info: tuple[Any, ...], world: int) -> ArmLink:
    index: int = info[0]
    position, rotation = link_frame(body, index, world)
    state = pybullet.getLinkState(body, index, 0, 1, physicsClientId=world)
    mass, _, principal = pybullet.getDynamicsInfo(body, index, physicsClientId=world)[:3]
    axes = _matrix(state[1])
    return ArmLink(
        name=info[12].decode(),
        joint=info[1].decode(),
        parent=info[16],
        is_fixed=info[2] == pybullet.JOINT_FIXED,
        position_m=position,
        rotation=rotation,
        axis=joint_axis(body, index, world),
        range_rad=(info[8], info[9]),
        mass_kg=mass,
        com_m=np.array(state[0]),
        inertia_kg_m2=axes @ np.diag(principal) @ axes.T,
    )


def joint_axis(body: int, joint: int, world: int) -> Array:
    """Return the axis (3,) of a joint in the link's frame; Bullet has it in the principal frame of inertia."""
    inertial = pybullet.getLinkState(body, joint, physicsClientId=world)[3]
    axis = pybullet.getJointInfo(body, joint, physicsClientId=world)[13]
    return _matrix(inertial) @ np.array(axis, dtype=np.float64)


def link_frame(body: int, link: int, world: int) -> tuple[Array, Array]:
    """Return p (3,) and R (3, 3) of a link frame in W.

    Bullet rounds the link frame it reports to single precision; the centre of mass and its place in the link are exact.
    """
    state = pybullet.getLinkState(body, link, 0, 1, physicsClientId=world)
    rotation = _matrix(state[1]) @ _matrix(state[3]).T
    return np.array(state[0]) - rotation @ np.array(state[2]), rotation


def _matrix(quaternion_xyzw: tuple[float, ...]) -> Array:
    return np.array(pybullet.getMatrixFromQuaternion(quaternion_xyzw), dtype=np.float64).reshape(3, 3)

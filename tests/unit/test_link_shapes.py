"""Shapes of a robot file as capsules and spheres."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from controller.arm import Placement
from controller.errors import PlantError
from sim.bullet.robot_file import links_of_file
from sim.surroundings.link_spheres import (
    CARRIER,
    IS_PAD,
    IS_TOOL,
    LINK,
    RADIUS,
    SPHERE_SIZE,
    STAND_RADIUS_M,
    arm_spheres,
)
from sim.surroundings.shapes_of_file import shapes_of_file
from urdf.arms import load_arm

HERE = Placement((0.3, -0.4, 0.1), (0.0, 0.0, 0.0, 1.0))


def _shapes(tmp_path: Path, inner: str) -> Path:
    path = tmp_path / "arm.urdf"
    path.write_text(f'<robot name="r"><link name="a">{inner}</link></robot>')
    return path


def _of(kind: str, geometry: str, origin: str = "") -> str:
    return f"<{kind}>{origin}<geometry>{geometry}</geometry></{kind}>"


def test_cylinder_is_the_longest_capsule_inside_it(tmp_path: Path) -> None:
    origin = '<origin xyz="0.1 0 0" rpy="0 1.5707963267948966 0"/>'
    path = _shapes(tmp_path, _of("collision", '<cylinder radius="0.02" length="0.1"/>', origin))
    (capsule,) = shapes_of_file(path)["a"].capsules
    assert capsule.radius_m == 0.02
    assert capsule.start_m == pytest.approx([0.07, 0.0, 0.0], abs=1e-12)
    assert capsule.end_m == pytest.approx([0.13, 0.0, 0.0], abs=1e-12)


@pytest.mark.parametrize(
    ("geometry", "half", "radius"),
    [
        ('<cylinder radius="0.05" length="0.02"/>', 0.0, 0.05),
        ('<sphere radius="0.03"/>', 0.0, 0.03),
        ('<box size="0.3 0.1 0.06"/>', 0.10, 0.05),
    ],
)
def test_other_shapes(tmp_path: Path, geometry: str, half: float, radius: float) -> None:
    (capsule,) = shapes_of_file(_shapes(tmp_path, _of("collision", geometry)))["a"].capsules
    assert capsule.radius_m == pytest.approx(radius)
    assert np.linalg.norm(capsule.end_m - capsule.start_m) == pytest.approx(2.0 * half)


def test_pictures_stand_in_for_missing_collision_shapes_and_meshes_are_told(tmp_path: Path) -> None:
    ball, mesh = _of("visual", '<sphere radius="0.03"/>'), _of("collision", '<mesh filename="package://x/a.stl"/>')
    assert len(shapes_of_file(_shapes(tmp_path, ball + mesh))["a"].capsules) == 1
    only = shapes_of_file(_shapes(tmp_path, mesh))["a"]
    assert (only.capsules, only.has_mesh_only) == ((), True)
    nothing = shapes_of_file(_shapes(tmp_path, ""))["a"]
    assert (nothing.capsules, nothing.has_mesh_only) == ((), False)


@pytest.mark.parametrize(
    "geometry", ["<sphere/>", '<sphere radius="big"/>', '<box size="1 2"/>', '<box size="1 2 nan"/>']
)
def test_shape_without_a_size_is_refused(tmp_path: Path, geometry: str) -> None:
    with pytest.raises(PlantError, match="without a size"):
        shapes_of_file(_shapes(tmp_path, _of("collision", geometry)))


def test_file_that_is_no_xml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "arm.urdf"
    path.write_text("<robot>")
    with pytest.raises(PlantError, match="no XML"):
        shapes_of_file(path)


@pytest.mark.parametrize("name", ["servo7", "panda"])
def test_arm_has_spheres_on_all_links_and_stands_on_a_post(name: str) -> None:
    arm = load_arm(name)
    made = arm_spheres(arm, links_of_file(arm), HERE)
    assert made.spheres.shape[1] == SPHERE_SIZE
    assert list(made.spheres[:, CARRIER]) == sorted(made.spheres[:, CARRIER])
    assert set(made.spheres[:, LINK]) == set(range(len(made.links)))
    pads = made.spheres[made.spheres[:, IS_PAD] > 0.0]
    assert pads[:, RADIUS].tolist() == [arm.tool.pads[0].radius_m]
    assert {made.links[int(row[LINK])] for row in made.spheres if row[IS_TOOL]} == {"wrist_sensor", "tool_body", "tool"}
    post = made.column[-1]
    assert post[6] == STAND_RADIUS_M
    assert post[:3] == pytest.approx([0.3, -0.4, 0.1 - STAND_RADIUS_M])
    assert post[5] < -0.3


def test_link_with_a_mesh_only_reaches_to_the_next_one(tmp_path: Path) -> None:
    text = load_arm("servo7").urdf_path.read_text()
    mesh = '<collision><geometry><mesh filename="package://x/a.stl"/></geometry></collision>'
    head, name, rest = text.partition('<link name="link3">')
    body, end, tail = rest.partition("</link>")
    inertial = body[: body.index("</inertial>") + len("</inertial>")]
    path = tmp_path / "mesh.urdf"
    path.write_text(head + name + inertial + mesh + end + tail)
    arm = replace(load_arm("servo7"), urdf_path=path)
    made = arm_spheres(arm, links_of_file(arm), HERE)
    assert "link3" in made.links
    assert (made.spheres[:, LINK] == made.links.index("link3")).sum() > 5

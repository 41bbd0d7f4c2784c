"""Shapes for pictures: what the arms are drawn with, and where."""

from pathlib import Path

import numpy as np
import pytest

from controller.errors import ModelError
from tests.public_arms import PUBLIC_ARMS, grafted
from urdf.arms import arm_names, load_arm
from urdf.build import FOLDER
from urdf.document import COLORS
from urdf.inertias import rpy_matrix
from urdf.reader import read_robot
from urdf.servo7 import axes, base_parts
from urdf.table import HEIGHT_M
from urdf.tool import PAD_RADIUS_M
from urdf.visuals import ShapeKind, collision_primitives, visual_primitives


@pytest.mark.parametrize("name", arm_names())
def test_every_link_is_drawn(name: str) -> None:
    path = load_arm(name).urdf_path
    drawn = {primitive.link for primitive in visual_primitives(path)}
    assert drawn == {link.name for link in read_robot(path).links}


def test_servo7_is_drawn_with_the_parts_it_weighs() -> None:
    shapes = visual_primitives(load_arm("servo7").urdf_path)
    arm = [s for s in shapes if s.link == "base_link" or s.link.startswith("link")]
    parts = [*base_parts(), *(part for axis in axes() for part in axis.parts)]
    assert len(arm) == len(parts)
    for shape, part in zip(arm, parts, strict=True):
        assert shape.size_m[0] == pytest.approx(part.radius_m)
        assert shape.origin_m == pytest.approx(part.center_m)


def test_pad_is_an_orange_sphere_at_the_tool_frame() -> None:
    (pad,) = [s for s in visual_primitives(load_arm("panda").urdf_path) if s.link == "tool"]
    assert (pad.kind, pad.size_m, pad.origin_m) == (ShapeKind.SPHERE, (PAD_RADIUS_M,), (0.0, 0.0, 0.0))
    assert pad.rgba == COLORS["pad"]
    assert [s.link for s in collision_primitives(load_arm("panda").urdf_path) if s.kind is ShapeKind.SPHERE][
        -1
    ] == "tool"


def test_table_is_boxes_that_end_at_its_height() -> None:
    shapes = visual_primitives(FOLDER / "table.urdf")
    assert {shape.kind for shape in shapes} == {ShapeKind.BOX}
    assert max(s.origin_m[2] + s.size_m[2] / 2 for s in shapes) == pytest.approx(HEIGHT_M)
    assert min(s.origin_m[2] - s.size_m[2] / 2 for s in shapes) == pytest.approx(0.0)


def shape_file(folder: Path, shape: str, extra: str = "") -> Path:
    path = folder / "shape.urdf"
    path.write_text(
        f'<robot name="r"><link name="a"><visual>{extra}<geometry>{shape}</geometry></visual></link></robot>'
    )
    return path


def test_capsule_mesh_and_defaults(tmp_path: Path) -> None:
    (capsule,) = visual_primitives(shape_file(tmp_path, '<capsule radius="0.1" length="0.4"/>'))
    assert (capsule.kind, capsule.size_m) == (ShapeKind.CAPSULE, (0.1, 0.4))
    assert capsule.rgba == (0.8, 0.8, 0.8, 1.0)
    assert visual_primitives(shape_file(tmp_path, '<mesh filename="a.stl"/>')) == ()


@pytest.mark.parametrize(
    ("shape", "extra", "expected"),
    [
        ('<sphere radius="0"/>', "", "positive sizes"),
        ("<sphere/>", "", "positive sizes"),
        ('<sphere radius="big"/>', "", 'radius="big"'),
        ('<box size="1 2"/>', "", "3 numbers"),
        ('<sphere radius="1"/>', '<origin xyz="nan 0 0"/>', "finite number"),
    ],
)
def test_unreadable_shape_is_refused(tmp_path: Path, shape: str, extra: str, expected: str) -> None:
    with pytest.raises(ModelError, match=expected):
        visual_primitives(shape_file(tmp_path, shape, extra))


@pytest.mark.parametrize("name", PUBLIC_ARMS)
def test_arms_whose_meshes_are_not_here_are_drawn_as_bones(name: str, tmp_path: Path) -> None:
    path = Path(grafted(name, tmp_path))
    bones = [shape for shape in visual_primitives(path) if shape.kind is ShapeKind.CAPSULE]
    assert 4 <= len(bones) <= 9
    joints = [one.joint for one in read_robot(path).joints]
    for bone in bones:
        tip = np.array(bone.origin_m) + rpy_matrix(bone.rpy_rad) @ np.array([0.0, 0.0, 0.5 * bone.size_m[1]])
        ends = [joint.origin_m for joint in joints if joint.parent == bone.link]
        assert any(np.allclose(tip, end) for end in ends), bone


def test_shipped_arms_have_no_bones() -> None:
    for name in arm_names():
        assert not any(shape.kind is ShapeKind.CAPSULE for shape in visual_primitives(load_arm(name).urdf_path))

"""Arms of one's own: what is accepted, what is derived, and what is refused with which words."""

import re
from pathlib import Path

import numpy as np
import pinocchio as pin
import pytest

from controller.arm import JointDrive, Placement
from controller.errors import ModelError
from controller.robot import RobotModel
from controller.types import Side
from urdf.arms import arm_names, load_arm
from urdf.document import Joint, Link, Motion, write_urdf
from urdf.geometry import AXIS_Y, AXIS_Z, Sphere, combine
from urdf.reader import read_robot
from urdf.tool import tool_joints, tool_links

BALL = (Sphere((0.0, 0.0, 0.1), 0.05, 1.0),)


def six_joint_urdf() -> str:
    """A made-up arm with six joints, straight up at zero, with the project's tool."""
    links = [Link("base", combine(BALL), BALL, ())]
    joints = []
    for number, axis in enumerate((AXIS_Z, AXIS_Y, AXIS_Y, AXIS_Z, AXIS_Y, AXIS_Z), start=1):
        parent = "base" if number == 1 else f"part{number - 1}"
        motion = Motion(axis, -2.0, 2.4, 50.0, 2.0, 0.2)
        links.append(Link(f"part{number}", combine(BALL), BALL, ()))
        joints.append(Joint(f"turn{number}", parent, f"part{number}", (0.0, 0.0, 0.2), (0.0, 0.0, 0.0), motion))
    joints += tool_joints("part6", (0.0, 0.0, 0.1), (0.0, 0.0, 0.0))
    return write_urdf("six", "made for a test", (*links, *tool_links()), tuple(joints))


def written(folder: Path, text: str, name: str = "own.urdf") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def refusal(path: str) -> str:
    with pytest.raises(ModelError) as caught:
        load_arm(path)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_names() -> None:
    assert arm_names() == ("servo7", "panda")
    assert [load_arm(name).name for name in arm_names()] == ["servo7", "panda"]


def test_six_joints_load_and_make_a_robot_model(tmp_path: Path) -> None:
    arm = load_arm(written(tmp_path, six_joint_urdf()))
    assert arm.name == "six"
    assert arm.joint_names == tuple(f"turn{i}" for i in range(1, 7))
    assert arm.home_rad == pytest.approx((0.2,) * 6)
    assert arm.friction_nm == (0.2,) * 6
    assert arm.torque_limit_nm == (50.0,) * 6
    # stretched sideways from the second joint on: four more links, flange, tip
    assert arm.reach_m == pytest.approx(4 * 0.2 + 0.1 + 0.16, abs=1e-6)
    robot = RobotModel(arm, Placement((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0)))
    robot.update(np.array(arm.home_rad), np.zeros(6))
    assert robot.joints == 6
    assert robot.jacobian.shape == (6, 6)


def test_friction_defaults_to_the_acceptance_scenario(tmp_path: Path) -> None:
    text = six_joint_urdf().replace('<dynamics damping="0" friction="0.2"/>', "")
    assert load_arm(written(tmp_path, text)).friction_nm == (0.3, 0.3, 0.3, 0.1, 0.1, 0.1)


def test_rotated_joints_and_inertials_are_turned_like_pinocchio_does(tmp_path: Path) -> None:
    turn = 'rpy="0.3 -0.7 1.9"'
    joint = '<joint name="tool_body_joint" type="fixed"'
    text = six_joint_urdf()
    head, tail = text.split(joint)
    text = head + joint + tail.replace('xyz="0 0 0" rpy="0 0 0"', f'xyz="0.01 0.02 0.03" {turn}', 1)
    head, tail = text.split('<link name="tool_body">')
    tail = re.sub(r'<origin xyz="[^"]*" rpy="[^"]*"/>', f'<origin xyz="0.01 -0.02 0.08" {turn}/>', tail, count=1)
    path = written(tmp_path, head + '<link name="tool_body">' + tail)
    arm = load_arm(path)
    model = pin.buildModelFromUrdf(path)
    sensor, joints = model.getFrameId("wrist_sensor"), ("wrist_sensor_joint", "tool_body_joint", "tool_joint")
    lumped = pin.Inertia.Zero()
    for frame in (model.frames[model.getFrameId(name)] for name in joints):  # it keeps a link's mass on its joint
        lumped = lumped + model.frames[sensor].placement.actInv(frame.placement).act(frame.inertia)
    assert arm.tool.mass_kg == pytest.approx(lumped.mass, rel=1e-9)
    assert arm.tool.com_s_m == pytest.approx(lumped.lever, abs=1e-9)
    body = read_robot(Path(path)).link("tool_body")
    assert body is not None
    assert body.inertial is not None
    expected = model.frames[model.getFrameId("tool_body_joint")].inertia.inertia
    assert body.inertial.matrix() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", ["servo8", "", "Panda"])
def test_unknown_name_lists_the_valid_ones(name: str) -> None:
    message = refusal(name)
    assert "servo7, panda" in message
    assert repr(name) in message


def test_missing_file_folder_and_empty_file(tmp_path: Path) -> None:
    assert "no such file" in refusal(str(tmp_path / "absent.urdf"))
    assert "a folder" in refusal(str(tmp_path))
    assert "an empty file" in refusal(written(tmp_path, "  \n"))
    assert "unreadable file" in refusal("a" * 5000 + ".urdf")


CASES = [
    ('"tool"', '"pad"', "no tool frame 'tool'"),
    ('"wrist_sensor"', '"sensor"', "no sensor frame 'wrist_sensor'"),
    (' name="six"', "", "<robot> without 'name'"),
    ("</robot>", "", "malformed XML in line"),
    ("<robot", "<machine", "malformed XML in line"),
    ('type="revolute"', 'type="prismatic"', "type 'prismatic'"),
    ('type="revolute"', 'type="floating"', "type 'floating'; allowed: revolute, continuous or fixed; remove it"),
    ('<axis xyz="0 1 0"/>', '<mimic joint="turn1"/><axis xyz="0 1 0"/>', "mimics 'turn1'"),
    ('xyz="0 0 0.2"', 'xyz="0 0 ${height}"', 'xacro (xyz="0 0 ${height}"); allowed: plain URDF; run `xacro own.urdf'),
    ("<material", "<xacro:include/><material", "xacro (<xacro:include>)"),
    (' effort="50"', "", "no limit for effort"),
    (' velocity="2"', "", "no limit for velocity"),
    (' lower="-2"', "", "no limit for"),
    (
        'effort="50"',
        'effort="0"',
        "effort 0 Nm; allowed: more than 0 Nm; write the rating of its drive; its weight and 100 N at the",
    ),
    ('lower="-2"', 'lower="3"', "lower 3 rad, upper 2.4 rad"),
    ('upper="2.4"', 'upper="nan"', 'upper="nan"'),
    ('upper="2.4"', 'upper="many"', 'upper="many"'),
    ('friction="0.2"', 'friction="-1"', "friction -1 Nm"),
    ('<mass value="1"/>', '<mass value="-1"/>', "mass -1 kg"),
    ('<mass value="1"/>', '<mass value="0"/>', "mass 0 kg"),
    ('<mass value="1"/>', '<mass value="inf"/>', 'value="inf"'),
    ('<mass value="1"/>', "", "without <mass>"),
    ('ixx="0.001"', 'ixx="9"', "principal inertias"),
    ('ixx="0.001" iyy="0.001" izz="0.001"', 'ixx="9" iyy="9" izz="9"', "3000 mm; allowed: a radius of gyration"),
    ('ixx="0.001" iyy="0.001" izz="0.001"', 'ixx="1e-9" iyy="1e-9" izz="1e-9"', "allowed: a radius of gyration from 1"),
    ('friction="0.2"', 'friction="20"', "friction 20 Nm; allowed: at most 12.5 Nm, 25 % of its torque limit"),
    ('<mass value="1"/>', '<mass value="1000"/>', "mass 1000 kg"),
    ('lower="-2"', 'lower="-120"', "not in degrees"),
    ('velocity="2"', 'velocity="1e9"', "velocity 1e+09 rad/s"),
    ('origin xyz="0 0 0.2"', 'origin xyz="0 0 200"', "lengths are in m"),
    ('axis xyz="0 0 1"', 'axis xyz="0 0 0"', "axis of length 0"),
    ('axis xyz="0 0 1"', 'axis xyz="0 1"', "3 numbers"),
    ('<child link="part2"/>', '<child link="part3"/>', "child link 'part3' twice"),
    ('<parent link="base"/>', '<parent link="tool"/>', "a loop"),
    ('<parent link="base"/>', '<parent link="floor"/>', "unknown link 'floor'"),
    ('name="part2"', 'name="part1"', "'part1' twice"),
    ('joint name="turn2"', 'joint name="turn1"', "'turn1' twice"),
    ('sphere radius="0.018"', 'sphere radius="0.5"', "pad radius 0.5 m"),
    ('joint name="turn2"', "joint", "without 'name'"),
]


@pytest.mark.parametrize(("old", "new", "expected"), CASES)
def test_broken_file_is_refused_in_one_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    text = six_joint_urdf()
    assert old in text
    path = written(tmp_path, text.replace(old, new))
    message = refusal(path)
    assert expected in message
    assert path in message


def test_wrong_root_element(tmp_path: Path) -> None:
    assert "root element <sdf>" in refusal(written(tmp_path, "<sdf/>"))


def test_entities_are_refused(tmp_path: Path) -> None:
    text = '<!DOCTYPE r [<!ENTITY a "aaaa">]><robot name="&a;"/>'
    assert "a document type declaration" in refusal(written(tmp_path, text))


def test_binary_and_wrong_encoding_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bytes.urdf"
    path.write_bytes(b"\x00\xff\xfe\x01")
    assert "malformed XML" in refusal(str(path))
    path.write_bytes(b'<?xml version="1.0" encoding="klingon"?><robot/>')
    assert "malformed XML" in refusal(str(path))


def test_link_without_mass_is_refused(tmp_path: Path) -> None:
    text = six_joint_urdf()
    start = text.index('<link name="tool">')
    cut, end = text.index("<inertial>", start), text.index("</inertial>", start) + len("</inertial>")
    message = refusal(written(tmp_path, text[:cut] + text[end:]))
    assert "link 'tool'" in message
    assert "no <inertial>" in message


def test_moving_joint_behind_the_sensor_is_refused(tmp_path: Path) -> None:
    limits = '<limit lower="-1" upper="1" effort="1" velocity="1"/>'
    old = '<joint name="tool_joint" type="fixed">'
    text = six_joint_urdf().replace(old, f'<joint name="tool_joint" type="revolute">{limits}')
    assert "'tool_joint' that moves at or behind 'wrist_sensor'" in refusal(written(tmp_path, text))


def test_branch_with_a_moving_joint_is_refused(tmp_path: Path) -> None:
    joint = (
        '<joint name="finger_joint" type="revolute"><parent link="part3"/><child link="finger"/>'
        '<limit lower="-1" upper="1" effort="1" velocity="1"/></joint>'
    )
    inertial = '<inertial><mass value="0.1"/><inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial>'
    text = six_joint_urdf().replace("</robot>", f'<link name="finger">{inertial}</link>{joint}</robot>')
    assert "moving joint 'finger_joint' beside the chain" in refusal(written(tmp_path, text))


def test_five_joints_are_too_few(tmp_path: Path) -> None:
    text = six_joint_urdf().replace('<joint name="turn1" type="revolute">', '<joint name="turn1" type="fixed">')
    assert "5 revolute joints" in refusal(written(tmp_path, text))


def test_pad_without_sphere_is_refused(tmp_path: Path) -> None:
    start = (text := six_joint_urdf()).index('<link name="tool">')
    text = text[:start] + text[start:].replace("<sphere radius", "<ball radius")
    assert "no <sphere>" in refusal(written(tmp_path, text))


def test_two_bases_are_refused(tmp_path: Path) -> None:
    text = six_joint_urdf().replace("</robot>", '<link name="island"/></robot>')
    assert "2 links without a parent (base, island)" in refusal(written(tmp_path, text))


def test_joint_drives_are_read_and_wrong_ones_refused_by_name(tmp_path: Path) -> None:
    tag = '<joint_drive stiffness="8000" damping_ratio="0.04" motor_inertia="0.1" position="link"/>'
    text = six_joint_urdf().replace("<dynamics", tag + "<dynamics", 1)
    drives = load_arm(written(tmp_path, text)).drives
    assert drives[0] == JointDrive(8e3, 0.04, 0.1, False, Side.LINK, Side.MOTOR, is_known=True)
    assert not any(drive.is_known for drive in drives[1:])
    for old, new, said in (
        ('"8000"', '"0"', "stiffness 0 Nm/rad"),
        ('"8000"', '"nan"', "finite"),
        ('"0.04"', '"4"', "damping_ratio 4"),
        ('"link"', '"gear"', "position 'gear'"),
        ('position="link"', 'motor_in_link="yes"', "motor_in_link 'yes'"),
    ):
        assert said in refusal(written(tmp_path, text.replace(old, new)))


def test_shipped_arms_say_all_their_drives() -> None:
    for name in arm_names():
        arm = load_arm(name)
        assert len(arm.drives) == len(arm.joint_names)
        assert all(drive.is_known for drive in arm.drives)

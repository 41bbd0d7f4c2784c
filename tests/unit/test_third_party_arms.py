"""Robot files as they are found: what is read, what is mended with a note, and that both models read the same."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pinocchio as pin
import pytest

from controller.arm import ArmDescription, Placement
from controller.robot import RobotModel
from sim.bullet.rigid_groups import merged
from sim.bullet.robot_file import links_of_file
from tests.unit.test_urdf_arms import refusal, six_joint_urdf, written
from urdf.arms import arm_names, load_arm
from urdf.chain import tool_chain
from urdf.plausibility import needed_torque
from urdf.reader import read_robot

AT_ORIGIN = Placement((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))
FIRST_INERTIAL = re.compile(r"<inertial>.*?</inertial>", re.DOTALL)


def agree(arm: ArmDescription, same_as: ArmDescription) -> None:
    """Both models of one arm have the masses of the other."""
    q = np.linspace(-1.0, 1.0, len(arm.joint_names))
    robots = [RobotModel(one, AT_ORIGIN) for one in (arm, same_as)]
    for robot in robots:
        robot.update(q, np.ones_like(q))
    np.testing.assert_allclose(robots[0].mass, robots[1].mass, rtol=1e-12)
    np.testing.assert_allclose(robots[0].gravity, robots[1].gravity, rtol=1e-12)
    for ours, theirs in zip(merged(links_of_file(arm)), merged(links_of_file(same_as)), strict=True):
        assert ours.mass_kg == pytest.approx(theirs.mass_kg, rel=1e-12)
        np.testing.assert_allclose(ours.inertia_kg_m2, theirs.inertia_kg_m2, atol=1e-12)


@pytest.mark.parametrize("name", arm_names())
def test_the_rewritten_text_of_a_shipped_arm_is_the_same_model_bit_for_bit(name: str) -> None:
    arm = load_arm(name)
    ours, theirs = pin.buildModelFromXML(arm.urdf_text), pin.buildModelFromUrdf(str(arm.urdf_path))
    for key in ("inertias", "jointPlacements"):
        for one, other in zip(getattr(ours, key), getattr(theirs, key), strict=True):
            assert one == other
    assert list(ours.names) == list(theirs.names)
    assert arm.notes == ()
    assert arm.torque_limit_nm == tuple(theirs.effortLimit)


def test_continuous_joints_turn_once_either_way(tmp_path: Path) -> None:
    text = six_joint_urdf()
    head, tail = text.split('type="revolute"', 1)
    head = head + 'type="continuous"'
    tail = tail.replace(
        '<limit lower="-2" upper="2.4" effort="50" velocity="2"/>', '<limit effort="50" velocity="2"/>', 1
    )
    arm = load_arm(written(tmp_path, head + tail))
    assert (arm.lower_rad[0], arm.upper_rad[0], arm.home_rad[0]) == (-2.0 * math.pi, 2.0 * math.pi, 0.0)
    assert arm.notes == ("continuous joints, turned from -360 to +360 deg at most: turn1",)
    agree(arm, load_arm(written(tmp_path, text, "limited.urdf")))
    message = refusal(written(tmp_path, head + tail.replace('<limit effort="50" velocity="2"/>', "", 1)))
    assert "no limit for effort, velocity; allowed: all two limits" in message


def test_a_world_link_and_a_base_without_mass_change_nothing(tmp_path: Path) -> None:
    text = six_joint_urdf()
    bare = FIRST_INERTIAL.sub("", text, count=1)
    joint = '<joint name="fix" type="fixed"><parent link="world"/><child link="base"/></joint>'
    world = bare.replace('<link name="base">', f'<link name="world"/>{joint}<link name="base">')
    impossible = text.replace('ixx="0.001" iyy="0.001" izz="0.001"', 'ixx="0" iyy="0" izz="1"', 1)
    for changed in (bare, world, impossible):
        agree(load_arm(written(tmp_path, changed)), load_arm(written(tmp_path, text, "whole.urdf")))


@pytest.mark.parametrize("inertial", ["", '<inertial><mass value="0"/><inertia/></inertial>'])
def test_frames_without_mass_weigh_nothing(tmp_path: Path, inertial: str) -> None:
    text = six_joint_urdf()
    joint = '<joint name="at" type="fixed"><parent link="part6"/><child link="tool0"/></joint>'
    framed = text.replace('<link name="base">', f'<link name="tool0">{inertial}</link>{joint}<link name="base">')
    assert framed != text
    agree(load_arm(written(tmp_path, framed)), load_arm(written(tmp_path, text, "whole.urdf")))


def test_a_moving_link_without_mass_is_refused_unless_something_hangs_fixed_on_it(tmp_path: Path) -> None:
    text = six_joint_urdf()
    start = text.index('<link name="part3">')
    message = refusal(written(tmp_path, text[:start] + FIRST_INERTIAL.sub("", text[start:], count=1)))
    assert "link 'part3': got mass 0 kg with all that is fixed to it" in message
    start = text.index('<link name="part6">')
    load_arm(written(tmp_path, text[:start] + FIRST_INERTIAL.sub("", text[start:], count=1)))  # the flange hangs on it


def test_an_inertia_a_little_off_the_triangle_rule_is_mended_with_a_note(tmp_path: Path) -> None:
    text = six_joint_urdf()
    start = text.index('<link name="part2">')
    head, tail = text[:start], text[start:]
    off = tail.replace('ixx="0.001" iyy="0.001" izz="0.001"', 'ixx="0.001" iyy="0.001" izz="0.00201"', 1)
    arm = load_arm(written(tmp_path, head + off))
    assert len(arm.notes) == 1
    assert (
        "link 'part2': principal inertias 0.001, 0.001, 0.00201 kg m2, the largest too large by 0.5 %" in arm.notes[0]
    )
    link = read_robot(arm.urdf_path).link("part2")
    assert link is not None
    assert link.inertial is not None
    least, middle, largest = np.linalg.eigvalsh(link.inertial.matrix())
    assert largest < least + middle
    assert largest == pytest.approx(0.00201 - 1e-5 / 3.0, rel=1e-4)
    pin.buildModelFromXML(arm.urdf_text)
    far = tail.replace('ixx="0.001" iyy="0.001" izz="0.001"', 'ixx="0.001" iyy="0.001" izz="0.004"', 1)
    assert "nearest possible: 0.001667, 0.001667, 0.003333" in refusal(written(tmp_path, head + far))


@pytest.mark.parametrize("values", [(0.001, 0.001, 0.002), (0.0, 0.002, 0.002), (0.0, 0.0, 0.0)])
def test_plates_rods_and_points_keep_their_inertia_in_both_models(
    tmp_path: Path, values: tuple[float, float, float]
) -> None:
    text = six_joint_urdf()
    start = text.index('<link name="flange">')
    thin = '<inertia ixx="{}" iyy="{}" izz="{}" ixy="0" ixz="0" iyz="0"/>'.format(*values)
    changed = text[:start] + re.sub(r"<inertia [^>]*/>", thin, text[start:], count=1)
    arm = load_arm(written(tmp_path, changed))
    assert arm.notes == ()
    (flange,) = [link for link in links_of_file(arm) if link.name == "flange"]
    np.testing.assert_allclose(np.linalg.eigvalsh(flange.inertia_kg_m2), sorted(values), atol=1e-6)


def test_needed_torque_is_weight_and_work_at_the_length_of_the_way(tmp_path: Path) -> None:
    chain = tool_chain(read_robot(Path(written(tmp_path, six_joint_urdf()))))
    last = chain.groups[-1]
    expected = 9.81 * last.mass_kg * np.linalg.norm(last.com_m) + 100.0 * 0.26
    assert needed_torque(chain.groups)[-1] == pytest.approx(expected)
    before = 9.81 * (1.0 * 0.1 + last.mass_kg * (0.2 + np.linalg.norm(last.com_m))) + 100.0 * 0.46
    assert needed_torque(chain.groups)[-2] == pytest.approx(before)


@pytest.mark.parametrize("effort", [2000.0, 5000.0])
def test_placeholder_efforts_give_way_to_what_the_arm_needs(tmp_path: Path, effort: float) -> None:
    text = six_joint_urdf()
    arm = load_arm(written(tmp_path, text.replace('effort="50"', f'effort="{effort:g}"')))
    needed = needed_torque(tool_chain(read_robot(arm.urdf_path)).groups)
    assert arm.torque_limit_nm == needed
    assert "effort is a placeholder" in arm.notes[0]
    assert f"turn6 ({effort:g} Nm in the file, {needed[5]:.3g} Nm used)" in arm.notes[0]
    rated = 4.9 * needed[5]
    head, tail = text.rsplit('effort="50"', 1)
    arm = load_arm(written(tmp_path, f'{head}effort="{rated!r}"{tail}'))
    assert arm.torque_limit_nm[5] == rated
    assert arm.notes == ()


@pytest.mark.parametrize("dynamics", ["", '<dynamics damping="0" friction="0"/>', '<dynamics damping="1"/>'])
def test_no_friction_means_unknown_friction(tmp_path: Path, dynamics: str) -> None:
    text = six_joint_urdf().replace('<dynamics damping="0" friction="0.2"/>', dynamics, 1)
    arm = load_arm(written(tmp_path, text))
    assert arm.friction_nm == (0.3, *(0.2,) * 5)
    assert arm.notes == ("friction is 0 or missing, which means unknown; assumed: turn1 (0.3 Nm)",)

"""The committed files are what the descriptions generate, and the Panda is where its makers put it."""

from pathlib import Path

import numpy as np
import pinocchio as pin
import pybullet_data
import pytest

from urdf.arms import arm_names, load_arm
from urdf.build import FOLDER, GENERATED
from urdf.reader import read_robot
from urdf.servo7 import HOME_RAD, axes
from urdf.tool import TIP_M, thumb_tool


@pytest.mark.parametrize("name", GENERATED)
def test_committed_file_is_the_generated_one(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == GENERATED[name](), "run python -m urdf.build"


@pytest.mark.parametrize("name", arm_names())
def test_tool_description_is_what_hangs_on_the_sensor(name: str) -> None:
    arm, tool = load_arm(name), thumb_tool()
    assert arm.tool.mass_kg == pytest.approx(tool.mass_kg, rel=1e-8)
    assert arm.tool.com_s_m == pytest.approx(tool.com_s_m, abs=1e-9)
    assert arm.tool.pads == tool.pads
    assert 0.25 <= tool.mass_kg <= 0.35


@pytest.mark.parametrize("name", arm_names())
def test_tool_frame_is_straight_out_of_the_flange(name: str) -> None:
    model = pin.buildModelFromUrdf(str(load_arm(name).urdf_path))
    data = model.createData()
    pin.framesForwardKinematics(model, data, pin.neutral(model))
    sensor, tool = (data.oMf[model.getFrameId(frame)] for frame in ("wrist_sensor", "tool"))
    relative = sensor.inverse() * tool
    assert relative.translation == pytest.approx([0.0, 0.0, TIP_M], abs=1e-9)
    assert relative.rotation == pytest.approx(np.eye(3), abs=1e-9)
    last = data.oMi[model.njoints - 1].inverse() * tool  # the last axis is the tool's: a press turns nothing
    assert last.translation[:2] == pytest.approx([0.0, 0.0], abs=1e-9)
    assert last.rotation[:, 2] == pytest.approx([0.0, 0.0, 1.0], abs=1e-9)


@pytest.mark.parametrize("name", arm_names())
def test_at_home_the_tool_points_down_in_front_of_the_base(name: str) -> None:
    arm = load_arm(name)
    model = pin.buildModelFromUrdf(str(arm.urdf_path))
    data = model.createData()
    pin.framesForwardKinematics(model, data, np.array(arm.home_rad))
    tool = data.oMf[model.getFrameId("tool")]
    assert tool.rotation[2, 2] < -0.99
    assert tool.rotation[0, 0] > 0.9
    assert 0.3 < tool.translation[0] < 0.7
    assert all(lo + 0.17 < q < up - 0.17 for lo, q, up in zip(arm.lower_rad, arm.home_rad, arm.upper_rad, strict=True))


def test_panda_kinematics_are_those_of_pybullet_data() -> None:
    ours = pin.buildModelFromUrdf(str(load_arm("panda").urdf_path))
    theirs = pin.buildModelFromUrdf(str(Path(pybullet_data.getDataPath()) / "franka_panda" / "panda.urdf"))
    our_data, their_data = ours.createData(), theirs.createData()
    random = np.random.default_rng(2)
    for _ in range(20):
        q = random.uniform(ours.lowerPositionLimit, ours.upperPositionLimit)
        pin.framesForwardKinematics(ours, our_data, q)
        pin.framesForwardKinematics(theirs, their_data, np.concatenate([q, [0.0, 0.0]]))
        flange = our_data.oMf[ours.getFrameId("flange")]
        expected = their_data.oMf[theirs.getFrameId("panda_link8")]
        assert flange.translation == pytest.approx(expected.translation, abs=1e-7)
        assert flange.rotation == pytest.approx(expected.rotation, abs=1e-7)


def test_panda_limits_are_within_pybullet_data() -> None:
    ours = load_arm("panda")
    theirs = pin.buildModelFromUrdf(str(Path(pybullet_data.getDataPath()) / "franka_panda" / "panda.urdf"))
    assert np.all(np.array(ours.lower_rad) >= theirs.lowerPositionLimit[:7] - 1e-9)
    assert np.all(np.array(ours.upper_rad) <= theirs.upperPositionLimit[:7] + 1e-9)
    assert ours.torque_limit_nm == (87.0,) * 4 + (12.0,) * 3
    assert ours.speed_limit_rad_s == (2.175,) * 4 + (2.61,) * 3


def test_servo7_has_the_rated_torques_of_its_actuators_and_a_long_reach() -> None:
    arm = load_arm("servo7")
    assert arm.torque_limit_nm == tuple(axis.actuator.rated_torque_nm for axis in axes())
    assert arm.home_rad == HOME_RAD
    # shoulder to tool stretched along a horizontal line: upper arm, forearm, wrist, tool
    assert arm.reach_m == pytest.approx(0.54 + 0.48 + 0.102 + 0.16, abs=1e-6)


def test_panda_reach_is_within_its_datasheet_plus_tool() -> None:
    # 0.855 m without tool, and no posture stretches all of the 0.16 m tool outward as well
    assert 0.855 < load_arm("panda").reach_m < 0.855 + 0.16


@pytest.mark.parametrize("name", arm_names())
def test_no_arm_needs_a_mesh(name: str) -> None:
    assert "mesh" not in load_arm(name).urdf_path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", arm_names())
def test_only_the_pad_touches_on_the_tool(name: str) -> None:
    robot = read_robot(load_arm(name).urdf_path)
    touching = {link.name for link in robot.links if link.element.all("collision")}
    assert touching.isdisjoint({"flange", "wrist_sensor", "tool_body"})
    assert "tool" in touching

"""Pads of a tool: read from a robot file in order, and refused by whatever can press with one only."""

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.arm import ArmDescription, PadDescription, Placement
from controller.errors import ConfigError
from controller.law.gains import STANDARD, LawSettings
from controller.law.impedance_force import ImpedanceForceLaw
from controller.robot import RobotModel
from controller.safety.limits import PAD_CEILING_N, TOOL_CEILING_N, PadLimits
from controller.session_limits import _pad_geometry, press_limits
from controller.types import SegmentInfo
from sim.options import SimulationOptions
from sim.plant import build_simulation
from tests.unit.test_urdf_arms import refusal, six_joint_urdf, written
from trajectories.anatomy.body import load_body
from trajectories.anatomy.skin import Skin
from trajectories.planner import plan_session
from trajectories.programs.loader import load_program
from urdf.arms import load_arm
from workbench.runs.prepare import load_inputs
from workbench.runs.request import SessionRequest

LEFT = PadDescription("left", 0.018, (0.0, 0.035, 0.0))
RIGHT = PadDescription("right", 0.02, (0.0, -0.035, 0.001))


def _sphere(pad: PadDescription, name: str) -> str:
    x, y, z = pad.position_t_m
    shape = f'<geometry><sphere radius="{pad.radius_m}"/></geometry>'
    return f'<collision{name}><origin xyz="{x} {y} {z}"/>{shape}</collision>'


def _with_pads(*spheres: str) -> str:
    """Return the six-joint arm with other collision spheres on its tool."""
    text = six_joint_urdf()
    start = text.index("<collision>", text.index('<link name="tool">'))
    end = text.index("</collision>", start) + len("</collision>")
    return text[:start] + "".join(spheres) + text[end:]


def test_the_shipped_tool_has_one_pad_at_the_control_point() -> None:
    tool = load_arm("servo7").tool
    assert tool.pads == (PadDescription("pad", 0.018, (0.0, 0.0, 0.0)),)
    assert tool.only_pad("this test") is tool.pads[0]


def test_every_collision_sphere_of_the_tool_is_a_pad_in_the_order_of_the_file(tmp_path: Path) -> None:
    named = _with_pads(_sphere(RIGHT, ' name="right"'), _sphere(LEFT, ' name="left"'))
    assert load_arm(written(tmp_path, named)).tool.pads == (RIGHT, LEFT)
    bare = _with_pads(_sphere(LEFT, ""), _sphere(RIGHT, ""))
    assert [pad.name for pad in load_arm(written(tmp_path, bare)).tool.pads] == ["pad_1", "pad_2"]


def test_spheres_that_are_only_drawn_are_pads_where_there_is_no_collision(tmp_path: Path) -> None:
    assert [pad.name for pad in load_arm(written(tmp_path, _with_pads())).tool.pads] == ["pad"]


def test_two_pads_of_one_name_and_a_pad_of_a_wrong_size_are_refused(tmp_path: Path) -> None:
    twice = _with_pads(_sphere(LEFT, ' name="left"'), _sphere(RIGHT, ' name="left"'))
    assert "pad name 'left' twice; allowed: each pad with a name of its own" in refusal(written(tmp_path, twice))
    huge = dataclasses.replace(RIGHT, radius_m=0.2)
    assert "pad radius 0.2 m" in refusal(written(tmp_path, _with_pads(_sphere(LEFT, ""), _sphere(huge, ""))))


def _arm(*pads: PadDescription) -> ArmDescription:
    arm = load_arm("servo7")
    return dataclasses.replace(arm, tool=dataclasses.replace(arm.tool, name="thumbs", pads=pads))


PLACE = Placement((0.3, -0.45, 0.2), (0.0, 0.0, 0.0, 1.0))


def _plan(arm: ArmDescription) -> object:
    body = load_body("median_f")
    return plan_session(load_program("first_session"), body, Skin.from_body(body), RobotModel(arm, PLACE))


def _simulate(arm: ArmDescription) -> object:
    return build_simulation(arm, PLACE, load_body("median_f"), SimulationOptions())


def _command(arm: ArmDescription) -> object:
    return ImpedanceForceLaw(RobotModel(arm, PLACE), STANDARD, LawSettings(), 1e-3)


@pytest.mark.parametrize(
    ("use", "user"), [(_plan, "the planner"), (_simulate, "the simulation"), (_command, "the control law")]
)
def test_what_can_press_with_one_pad_only_refuses_another_tool(
    use: Callable[[ArmDescription], object], user: str
) -> None:
    todo = "choose an arm whose tool has one pad, with the link 'tool' at its centre"
    for pads, got in (((), "0 pads"), ((LEFT, RIGHT), "2 pads")):
        with pytest.raises(ConfigError) as caught:
            use(_arm(*pads))
        assert str(caught.value) == f"tool 'thumbs': got {got}; allowed: 1 pad for {user}; {todo}"
    with pytest.raises(ConfigError, match=rf"a pad at \(0.0, 35.0, 0.0\) mm of T; allowed: .* for {user}"):
        use(_arm(LEFT))


def test_a_session_refuses_a_tool_with_two_pads_before_it_plans(tmp_path: Path) -> None:
    arm = written(tmp_path, _with_pads(_sphere(LEFT, ""), _sphere(RIGHT, "")))
    with pytest.raises(ConfigError, match=r"^tool 'thumb': got 2 pads; allowed: 1 pad for a session; choose an arm"):
        load_inputs(SessionRequest("first_session", "median_f", "law", arm, "standard", 0.0, 1))


def _segment(target_n: float, ceiling_n: float) -> SegmentInfo:
    return SegmentInfo("s", "t", "r", "left", target_n, ceiling_n, 4e3, 3e3, 0.01, 7.0, 6.0, 0.0, 1.0, depth_m=0.03)


def test_the_limits_of_one_pad_are_those_of_the_sum() -> None:
    limits = press_limits(_segment(20.0, 45.0), 1)
    assert limits.pads == (PadLimits(45.0, 20.0, 3.0, 30.0, 0.03),)
    assert (limits.sum_n, limits.sum_trip_n) == (45.0, 30.0)


def test_two_pads_have_each_its_own_limits_and_together_no_more_than_the_tool_s_ceiling() -> None:
    assert press_limits(_segment(20.0, 45.0), 1, 0.008).pads[0].depth_m == pytest.approx(0.038)
    light = press_limits(_segment(8.0, 30.0), 2)
    assert light.pads == (PadLimits(30.0, 8.0, 3.0, 18.0, 0.03),) * 2
    assert (light.sum_n, light.sum_trip_n) == (60.0, 36.0)
    heavy = press_limits(_segment(50.0, 99.0), 2)
    assert heavy.pads == (PadLimits(PAD_CEILING_N, 50.0, 3.0, 58.0, 0.03),) * 2
    assert (heavy.sum_n, heavy.sum_trip_n) == (TOOL_CEILING_N, TOOL_CEILING_N - 2.0)


def test_the_gate_takes_one_pad_or_two_and_the_area_of_each() -> None:
    two = _pad_geometry(_arm(LEFT, RIGHT).tool)
    assert [(pad.name, pad.position_t_m) for pad in two] == [("left", LEFT.position_t_m), ("right", RIGHT.position_t_m)]
    assert two[0].area_m2 == pytest.approx(math.pi * (0.018**2 - 0.014**2))
    assert two[1].area_m2 == pytest.approx(math.pi * (0.02**2 - 0.016**2))
    with pytest.raises(ConfigError, match=r"^tool 'thumbs': got 3 pads; allowed: at most 2, told apart by one wrist"):
        _pad_geometry(_arm(LEFT, RIGHT, LEFT).tool)
    with pytest.raises(ConfigError, match="a pad at its origin for the gate"):
        _pad_geometry(_arm(LEFT).tool)

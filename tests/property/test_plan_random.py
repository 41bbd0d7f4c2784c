"""Any allowed parameters give a valid plan or a refusal, never anything else."""

import numpy as np
from hypothesis import event, given, settings
from hypothesis import strategies as st

from controller.errors import PlanError
from controller.safety.limits import REGION_CEILING_N
from tests.plan_cases import arm_over, back_of, body_named
from trajectories.planner import plan_session, stroke_path
from trajectories.programs.model import Program
from trajectories.stroke_checks import CHECK_EVERY, check_stroke
from trajectories.techniques.fields import StrokeModel
from trajectories.techniques.gliding_stroke import GlidingStroke
from trajectories.techniques.paraspinal_circles import ParaspinalCircles
from trajectories.techniques.shoulder_kneading import ShoulderKneading
from trajectories.techniques.timing import STEP_S

BODIES = ("muscular_m", "slim_f")
PLACES = st.one_of(st.sampled_from(["L5S1", "L3", "T12", "T9", "T3", "C7"]), st.floats(0.0, 1.0))
SIDES = st.sampled_from(["left", "right"])


def valid_or_none(model: type[StrokeModel], values: dict[str, object]) -> StrokeModel | None:
    try:
        return model.model_validate(values)
    except ValueError:
        return None


@st.composite
def strokes(draw: st.DrawFn) -> StrokeModel:
    circles = st.fixed_dictionaries(
        {
            "name": st.just("stroke"),
            "technique": st.just("paraspinal_circles"),
            "side": SIDES,
            "lower": PLACES,
            "upper": PLACES,
            "direction": st.sampled_from(["up", "down"]),
            "turning": st.sampled_from(["clockwise", "counterclockwise"]),
            "lateral_offset_m": st.floats(0.025, 0.055),
            "radius_m": st.floats(0.012, 0.025),
            "rate_hz": st.floats(0.3, 1.5),
            "creep_m_s": st.floats(0.005, 0.06),
            "force_n": st.floats(5.0, 60.0),
            "force_ramp_s": st.floats(0.5, 5.0),
        }
    ).map(lambda values: valid_or_none(ParaspinalCircles, values))
    kneading = st.fixed_dictionaries(
        {
            "name": st.just("stroke"),
            "technique": st.just("shoulder_kneading"),
            "side": SIDES,
            "force_low_n": st.floats(8.0, 25.0),
            "force_high_n": st.floats(8.0, 25.0),
            "period_s": st.floats(0.8, 2.5),
            "roll_along_m": st.floats(0.0, 0.02),
            "roll_across_m": st.floats(0.0, 0.012),
            "creep_m_s": st.floats(0.004, 0.03),
            "passes": st.integers(1, 4),
            "force_ramp_s": st.floats(0.5, 5.0),
        }
    ).map(lambda values: valid_or_none(ShoulderKneading, values))
    glides = st.fixed_dictionaries(
        {
            "name": st.just("stroke"),
            "technique": st.just("gliding_stroke"),
            "side": SIDES,
            "lower": PLACES,
            "upper": PLACES,
            "direction": st.sampled_from(["up", "down"]),
            "lateral_offset_m": st.floats(0.025, 0.055),
            "speed_m_s": st.floats(0.02, 0.1),
            "force_n": st.floats(5.0, 25.0),
            "force_ramp_s": st.floats(0.5, 5.0),
        },
    ).flatmap(
        lambda values: st.one_of(
            st.integers(1, 5).map(lambda passes: {**values, "passes": passes}),
            st.floats(2.0, 40.0).map(lambda duration_s: {**values, "duration_s": duration_s}),
        )
    )
    glided = glides.map(lambda values: valid_or_none(GlidingStroke, values))
    return draw(st.one_of(circles, kneading, glided).filter(lambda stroke: stroke is not None))


@settings(max_examples=60)
@given(stroke=strokes(), body=st.sampled_from(BODIES))
def test_a_stroke_is_smooth_and_allowed_or_refused(stroke: StrokeModel, body: str) -> None:
    back = back_of(body)
    try:
        path = stroke_path(stroke, back)
        regions = check_stroke(path, back, True)
    except PlanError:
        event("refused")
        return
    event("allowed")
    assert np.isfinite(path.only_feet_xy_m).all()
    assert np.isfinite(path.only_press_n).all()
    assert path.only_press_n.min() >= 0.0
    for press_n, under in zip(path.only_press_n[::CHECK_EVERY], regions, strict=True):
        assert press_n <= min(REGION_CEILING_N[region] for region in under)
    velocity = np.gradient(path.only_feet_xy_m, STEP_S, axis=0)
    assert np.abs(velocity[[0, -1]]).max() < 1e-3
    squared = np.sum(velocity**2, axis=1) * back.skin.curvature(*path.only_feet_xy_m.T)
    assert squared.max() <= 0.13 * 1.05


@settings(max_examples=8)
@given(stroke=strokes(), body=st.sampled_from(BODIES))
def test_a_plan_is_valid_or_refused(stroke: StrokeModel, body: str) -> None:
    program = Program(schema_version=1, name="random", strokes=(stroke,))
    robot = arm_over("servo7", body)
    try:
        plan = plan_session(program, *body_named(body), robot)
    except PlanError:
        event("refused")
        return
    event("planned")
    for t in np.linspace(0.0, plan.duration_s, 60):
        reference = plan.at(float(t))
        q = np.array(reference.posture_rad)
        position, _ = robot.tool_pose(q)
        assert np.linalg.norm(position - reference.position_m) < 1e-3
        assert np.isfinite(reference.acceleration).all()
        assert reference.pads[0].press_n >= 0.0

"""The pictures of the arm: every frame is named, the pad is where the contact is, strokes are coloured."""

from __future__ import annotations

import io
import math
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from controller.law.gains import gain_names
from controller.law.margins import LAGS_MS, STIFFNESSES_N_PER_MM, Margin, NamedMargin
from tests.plan_cases import arm_over, body_named, short_plan
from workbench.figures.frames import AXIS_COLORS, FRAME_LETTERS, draw_frames
from workbench.figures.margins import margin_maps
from workbench.figures.scene import Scene, draw_scene, link_pose, stroke_meshes

SMALL_DPI = 20


@pytest.fixture(scope="module")
def scene() -> Scene:
    plan = short_plan()
    segment = plan.segments[0]
    return Scene(*body_named("median_f"), arm_over("servo7", "median_f"), plan, 0.5 * (segment.start_s + segment.end_s))


def texts_of(figure: Figure) -> set[str]:
    return {text.get_text() for text in figure.findobj(Text)}


def test_the_frames_figure_names_every_frame_and_axis(scene: Scene) -> None:
    figure = draw_frames(scene, SMALL_DPI)
    texts = texts_of(figure)
    letters = {letter for text in texts for letter in text.replace("=", ",").replace(" ", "").split(",")}
    assert set(FRAME_LETTERS) <= letters
    assert {"x", "y", "z", "n = z of C", "press_n\nalong −n"} <= texts
    assert any("18 mm" in text for text in texts)
    for color, axis in zip(AXIS_COLORS, "xyz", strict=True):
        assert to_rgb(color)["xyz".index(axis)] == max(to_rgb(color))
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=SMALL_DPI)
    assert buffer.tell() > 3000


def test_the_drawn_pad_is_pressed_into_the_drawn_skin(scene: Scene) -> None:
    pose = link_pose(scene.robot, scene.posture_rad, "tool")
    tip = np.array(pose.translation)
    foot = scene.skin.foot(tip[None])[0]
    distance = float(np.linalg.norm(tip - foot))
    assert 0.0 < distance < scene.robot.arm.tool.only_pad("a test").radius_m
    normal = scene.skin.normal(foot[0], foot[1])[0]
    assert float(-np.array(pose.rotation)[:, 2] @ normal) > math.cos(math.radians(15.0))


def test_the_base_link_stands_where_the_base_is_placed(scene: Scene) -> None:
    base = link_pose(scene.robot, scene.posture_rad, "base_link")
    np.testing.assert_allclose(np.array(base.translation), scene.robot.placement.position_m)
    np.testing.assert_allclose(np.array(base.rotation)[:, 0], [0.0, 1.0, 0.0], atol=1e-9)


def test_the_scene_has_a_scale_of_force_and_one_tube_a_stroke(scene: Scene) -> None:
    figure = draw_scene(scene, SMALL_DPI)
    assert "planned press force [N]" in texts_of(figure)
    tubes = stroke_meshes(scene)
    assert len(tubes) == len(scene.plan.segments)
    assert all(np.ptp(tube.colors, axis=0).max() > 0.1 for tube in tubes), "force does not change the colour"


def test_margins_hatch_what_is_unstable_and_write_the_rest() -> None:
    one = Margin(1, 1.0, is_stable=True, phase_margin_deg=60.0, sensitivity_peak=1.44)
    table = [
        NamedMargin(gains, replace(one, lag_ms=lag, stiffness_n_per_mm=stiffness))
        for gains in gain_names()
        for lag in LAGS_MS
        for stiffness in STIFFNESSES_N_PER_MM
    ]
    table[0] = replace(table[0], margin=replace(table[0].margin, is_stable=False, sensitivity_peak=math.inf))
    figure = margin_maps(table)
    hatched = [patch for axes in figure.axes for patch in axes.patches if patch.get_hatch()]
    assert len(hatched) == 1
    written = [text for axes in figure.axes for text in axes.texts if text.get_text() == "1.44"]
    assert len(written) == len(table) - 1
    assert set(gain_names()) <= texts_of(figure)

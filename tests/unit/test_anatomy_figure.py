"""The picture of a body names its regions, keep-out zones and landmarks."""

from __future__ import annotations

import io

from matplotlib.text import Text

from trajectories.anatomy.body import body_names, load_body
from workbench.figures.anatomy import draw_anatomy, model_t3_note


def test_figure_names_what_it_shows() -> None:
    figure = draw_anatomy(load_body("elderly_f"))
    texts = {text.get_text() for text in figure.findobj(Text)}
    wanted = {"upper trapezius", "rhomboid", "lumbar paraspinal", "spine ridge", "kidney flank", "C7", "L5S1", "thigh"}
    assert wanted <= texts
    assert any("1.54 m, 56 kg" in text for text in texts)
    assert "T3*" in texts, "the landmark is marked as another place than the vertebra"
    back = figure.axes[0]
    assert "[cm]" in back.get_xlabel()
    assert back.get_xlim()[0] > back.get_xlim()[1], "the person's left belongs on the left"
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=40)
    assert buffer.getbuffer().nbytes > 10_000


def test_the_landmark_t3_lies_below_the_vertebra_on_every_body() -> None:
    for name in body_names():
        body = load_body(name)
        t3_m, c7_m, t12_m = (body.landmarks[mark][0] for mark in ("T3", "C7", "T12"))
        below_cm = 1e2 * ((c7_m + 0.2 * (t12_m - c7_m)) - t3_m)
        assert below_cm > 3.0
        assert f" {below_cm:.0f} cm below" in model_t3_note(body)

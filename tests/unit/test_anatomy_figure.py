"""The picture of a body names its regions, keep-out zones and landmarks."""

from __future__ import annotations

import io

from matplotlib.text import Text

from trajectories.anatomy.body import load_body
from workbench.figures.anatomy import draw_anatomy


def test_figure_names_what_it_shows() -> None:
    figure = draw_anatomy(load_body("elderly_f"))
    texts = {text.get_text() for text in figure.findobj(Text)}
    wanted = {"upper trapezius", "rhomboid", "lumbar paraspinal", "spine ridge", "kidney flank", "C7", "L5S1", "thigh"}
    assert wanted <= texts
    assert any("1.54 m, 56 kg" in text for text in texts)
    back = figure.axes[0]
    assert "[cm]" in back.get_xlabel()
    assert back.get_xlim()[0] > back.get_xlim()[1], "the person's left belongs on the left"
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=40)
    assert buffer.getbuffer().nbytes > 10_000

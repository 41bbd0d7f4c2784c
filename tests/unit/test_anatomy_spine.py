"""The spine line passes its landmarks, is smooth, and knows where it is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from controller.errors import ModelError
from trajectories.anatomy.body import Body, bodies_folder, load_body
from trajectories.anatomy.landmarks import SPINE
from trajectories.anatomy.spine import SpineLine


@pytest.fixture
def curved(tmp_path: Path) -> Body:
    """A body whose spine bends 15 mm to the left at T9."""
    with np.load(bodies_folder() / "median_f.npz") as archive:
        data = {key: archive[key] for key in archive.files}
    marks = json.loads(str(data["landmarks"]))
    for name, shift in (("T12", 0.008), ("T9", 0.015), ("T3", 0.006)):
        marks[name][1] += shift
    np.savez(tmp_path / "curved.npz", **{**data, "landmarks": np.array(json.dumps(marks))})
    return load_body(str(tmp_path / "curved.npz"))


def test_line_passes_the_landmarks(curved: Body) -> None:
    spine = SpineLine.from_body(curved)
    for name in SPINE:
        x, y, z = curved.landmarks[name]
        assert spine.y(x) == pytest.approx(y, abs=1e-9)
        assert spine.point(x)[2] == pytest.approx(z, abs=0.004)
        assert spine.level_x(name) == x
        assert spine.x_at_arc(spine.level_arc(name)) == pytest.approx(x, abs=1e-6)


def test_slope_is_the_derivative_everywhere(curved: Body) -> None:
    spine = SpineLine.from_body(curved)
    x = np.linspace(-0.3, 0.55, 200)
    step = 1e-6
    assert np.allclose(spine.slope(x), (spine.y(x + step) - spine.y(x - step)) / (2 * step), atol=1e-6)
    bend = np.diff(spine.slope(np.linspace(-0.1, 0.55, 6501))) / 1e-4
    assert np.abs(np.diff(bend)).max() < 0.1


def test_arc_is_longer_than_the_straight_line(curved: Body) -> None:
    spine = SpineLine.from_body(curved)
    assert spine.level_arc("L5S1") == pytest.approx(0.0, abs=1e-9)
    length = spine.level_arc("C7")
    straight = curved.landmarks.trunk_length_m
    assert straight + 0.0005 < length < straight + 0.01


def test_lateral_is_measured_from_the_line(curved: Body) -> None:
    spine = SpineLine.from_body(curved)
    x = curved.landmarks["T9"][0]
    assert spine.lateral(x, curved.landmarks["T9"][1] + 0.04) == pytest.approx(0.04)


def test_places_in_words(curved: Body) -> None:
    spine = SpineLine.from_body(curved)
    t12 = curved.landmarks["T12"][0]
    assert spine.describe(t12 + 0.012) == "12 mm above T12, below T9"
    assert spine.describe(curved.landmarks["L5S1"][0] - 0.02) == "20 mm below L5S1"
    assert spine.describe(curved.landmarks["C7"][0] + 0.005) == "5 mm above C7"
    with pytest.raises(ModelError, match="L5S1"):
        spine.level_x("T99")

"""Body files: the good ones load, everything else is refused in one line that says what is allowed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from controller.errors import ModelError
from trajectories.anatomy.body import bodies_folder, body_names, load_body
from trajectories.anatomy.landmarks import REQUIRED

NAMES = body_names()


def contents() -> dict[str, Any]:
    with np.load(bodies_folder() / "median_m.npz") as archive:
        return {key: archive[key] for key in archive.files}


def write(folder: Path, **changes: Any) -> str:
    """Write median_m with changes (None removes a key) and return the path."""
    data = {**contents(), **changes}
    path = folder / "changed.npz"
    np.savez_compressed(path, **{key: value for key, value in data.items() if value is not None})
    return str(path)


def moved(**points: Any) -> str:
    return json.dumps({**json.loads(str(contents()["landmarks"])), **points})


def cut(x: float, y: float, half_m: float) -> np.ndarray:
    data = contents()
    z = data["z"].copy()
    z[np.ix_(np.abs(data["x"] - x) <= half_m, np.abs(data["y"] - y) <= half_m)] = np.nan
    return z


def refused(path: str) -> str:
    with pytest.raises(ModelError) as caught:
        load_body(path)
    text = str(caught.value)
    assert "\n" not in text
    assert "allowed:" in text
    return text


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_body_loads(name: str) -> None:
    body = load_body(name)
    assert body.z_m.shape == (len(body.x_m), len(body.y_m))
    assert body.spacing_m == pytest.approx(0.004)
    assert all(np.isfinite(body.landmarks[mark]).all() for mark in REQUIRED)
    assert body.landmarks.trunk_length_m == pytest.approx(0.3 * body.stature_m, rel=0.15)
    assert not body.z_m.flags.writeable


def test_eight_bodies_are_found_without_importing_the_simulation() -> None:
    code = (
        "import sys; from trajectories.anatomy.body import body_names; "
        "print(len(body_names()), 'sim' in sys.modules, 'pybullet' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["8", "False", "False"]


def test_unknown_name_lists_the_valid_ones() -> None:
    text = refused("nobody")
    assert all(name in text for name in NAMES)


def test_folder_missing_file_and_wrong_content(tmp_path: Path) -> None:
    assert "a folder" in refused(str(tmp_path))
    assert "a missing file" in refused(str(tmp_path / "absent.npz"))
    (tmp_path / "text.npz").write_text("hello")
    assert "no .npz archive" in refused(str(tmp_path / "text.npz"))
    broken = (bodies_folder() / "slim_f.npz").read_bytes()
    (tmp_path / "half.npz").write_bytes(broken[: len(broken) // 2])
    refused(str(tmp_path / "half.npz"))
    refused("a\0b")


def test_archive_damaged_inside(tmp_path: Path) -> None:
    data = bytearray((bodies_folder() / "slim_f.npz").read_bytes())
    data[len(data) // 3 : len(data) // 3 + 400] = bytes(400)
    (tmp_path / "bad.npz").write_bytes(bytes(data))
    assert "unreadable" in refused(str(tmp_path / "bad.npz"))


def test_pickled_objects_are_refused(tmp_path: Path) -> None:
    assert "pickled" in refused(write(tmp_path, landmarks=np.array({"C7": 1}, dtype=object)))


@pytest.mark.parametrize("key", ["x", "y", "z", "landmarks", "phenotype", "stature_m", "mass_kg"])
def test_missing_key_is_named(tmp_path: Path, key: str) -> None:
    assert f"no key {key}" in refused(write(tmp_path, **{key: None}))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"x": contents()["x"][::-1]}, "strictly increasing"),
        ({"x": contents()["x"][:, None]}, "1-D"),
        ({"x": contents()["x"] * 1000.0}, "spacing"),
        ({"x": contents()["x"] * np.nan}, "NaN"),
        ({"x": contents()["x"] ** 3 + contents()["x"]}, "uniform"),
        ({"z": contents()["z"].T}, "shape"),
        ({"z": contents()["z"][:-1]}, "shape"),
        ({"z": contents()["z"] * 1000.0}, "metres"),
        ({"z": np.nan_to_num(contents()["z"]).astype(int)}, "float"),
        ({"z": contents()["z"] * np.nan}, "NaN"),
        ({"z": np.where(np.isnan(contents()["z"]), np.inf, contents()["z"])}, "infinity"),
        ({"stature_m": np.array(175.0)}, "2.3"),
        ({"stature_m": np.array(np.nan)}, "2.3"),
        ({"stature_m": np.array("tall")}, "a number"),
        ({"mass_kg": np.array(-70.0)}, "250"),
        ({"mass_kg": np.array([70.0, 70.0])}, "shape"),
        ({"landmarks": np.array("{")}, "JSON"),
        ({"landmarks": np.array("[]")}, "JSON"),
        ({"landmarks": np.array(1.0)}, "JSON"),
        ({"phenotype": np.array('{"age": "old"}')}, "number"),
        ({"phenotype": np.array('{"age": NaN}')}, "number"),
    ],
)
def test_bad_values_are_refused(tmp_path: Path, change: dict[str, Any], word: str) -> None:
    assert word in refused(write(tmp_path, **change))


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ({"C7": None}, ("C7", "missing")),
        ({"T9": [float("nan"), 0.0, 0.0]}, ("T9", "finite")),
        ({"shoulder_R": [0.47, None, 0.0]}, ("shoulder_R", "finite")),
        ({"T12": [0.4, 0.0, 0.0]}, ("T12", "T9", "cranial")),
        ({"acromion_L": [0.519, -0.113, 0.02]}, ("acromion_L", "left")),
        ({"C7": [5.0, 0.0, 0.0]}, ("C7",)),
        ({"shoulder_L": [0.47, 0.3, 0.0]}, ("shoulder_L", "outside the grid")),
        ({"L5S1": [0.08, 0.0, 0.0]}, ("L5S1", "origin")),
        ({"T9": [0.231, 0.0, 0.3]}, ("T9", "skin")),
        ({"C7": [0.574, "0", 0.0]}, ("C7",)),
        ({"C7": [0.574, 0.0]}, ("C7",)),
    ],
)
def test_bad_landmarks_are_refused(tmp_path: Path, points: dict[str, Any], words: tuple[str, ...]) -> None:
    text = refused(write(tmp_path, landmarks=np.array(moved(**points))))
    assert all(word in text for word in words)


@pytest.mark.parametrize(("x", "y"), [(0.2, 0.04), (0.3, -0.1), (0.1, 0.0), (0.5, 0.15), (-0.05, 0.08), (0.54, 0.03)])
@pytest.mark.parametrize(("half_m", "size"), [(0.001, 4), (0.013, 28)])
def test_hole_is_refused_with_its_place(tmp_path: Path, x: float, y: float, half_m: float, size: int) -> None:
    data = contents()
    x, y = data["x"][np.argmin(abs(data["x"] - x))], data["y"][np.argmin(abs(data["y"] - y))]
    text = refused(write(tmp_path, z=cut(x, y, half_m)))
    assert f"x {1e3 * x:.0f}, y {1e3 * y:.0f} mm" in text
    assert f"a hole, {size} mm along x and {size} mm along y" in text


def test_landmark_beside_the_body_is_refused(tmp_path: Path) -> None:
    text = refused(write(tmp_path, landmarks=np.array(moved(shoulder_R=[0.6, -0.193, 0.009]))))
    assert "'shoulder_R' at x 600, y -193 mm: got no skin below it" in text


def test_gap_open_to_the_outside_is_refused(tmp_path: Path) -> None:
    data = contents()
    z = data["z"].copy()
    z[np.ix_(np.abs(data["x"] - 0.3) < 0.005, data["y"] > 0.02)] = np.nan
    assert "gap" in refused(write(tmp_path, z=z))


def test_spike_is_refused(tmp_path: Path) -> None:
    data = contents()
    z = data["z"].copy()
    z[np.argmin(abs(data["x"] - 0.3)), np.argmin(abs(data["y"] - 0.03))] += 0.05
    assert "jump" in refused(write(tmp_path, z=z))


def test_closed_gap_between_arm_and_trunk_is_no_hole(tmp_path: Path) -> None:
    assert np.isnan(load_body("tall_m").z_m[335:337, 31]).all(), "the axilla of tall_m, closed on every side"
    data = contents()
    rows, columns = np.abs(data["x"] - 0.28) < 0.012, np.abs(data["y"] - 0.172) < 0.006
    z = np.where(np.isnan(data["z"]) & (data["x"] > 0.1)[:, None], -0.1, data["z"])
    z[np.ix_(rows, columns)] = np.nan
    load_body(write(tmp_path, z=z))


def test_optional_landmarks_may_be_missing(tmp_path: Path) -> None:
    text = moved(elbow_L=None, knee_R=[float("nan"), 0.0, 0.0])
    body = load_body(write(tmp_path, landmarks=np.array(text)))
    assert "elbow_L" not in body.landmarks
    assert "knee_R" not in body.landmarks
    with pytest.raises(ModelError, match="elbow_L"):
        body.landmarks["elbow_L"]


@pytest.mark.parametrize("name", ["C7", "elbow_L", "hip_R", "ankle_R", "C4"])
def test_every_landmark_of_the_format_must_be_named(tmp_path: Path, name: str) -> None:
    marks = json.loads(str(contents()["landmarks"]))
    del marks[name]
    with pytest.raises(ModelError, match=f"no {name}; allowed: all of L5S1"):
        load_body(write(tmp_path, landmarks=np.array(json.dumps(marks))))


@pytest.mark.parametrize(("spacing", "kind"), [(0.002, np.float32), (0.0073, np.float64), (0.01, np.float32)])
def test_other_grids_of_the_same_body(tmp_path: Path, spacing: float, kind: type) -> None:
    data = contents()
    rows = np.arange(data["x"][0] + 0.0013, data["x"][-1], spacing)
    columns = np.arange(data["y"][0] + 0.0007, data["y"][-1], spacing)
    i = np.round((rows - data["x"][0]) / 0.004).astype(int).clip(0, len(data["x"]) - 1)
    j = np.round((columns - data["y"][0]) / 0.004).astype(int).clip(0, len(data["y"]) - 1)
    path = write(tmp_path, x=rows.astype(kind), y=columns.astype(kind), z=data["z"][np.ix_(i, j)].astype(kind))
    body = load_body(path)
    assert body.spacing_m == pytest.approx(spacing, rel=1e-5)
    assert body.z_m.dtype == np.float64


def test_axes_of_different_spacing_are_brought_to_one(tmp_path: Path) -> None:
    data = contents()
    body = load_body(write(tmp_path, x=data["x"][::2], z=data["z"][::2]))
    assert body.spacing_m == pytest.approx(0.004)
    whole = load_body("median_m")
    both = np.isfinite(body.z_m) & np.isfinite(whole.z_m[: len(body.x_m)])
    assert np.abs(body.z_m - whole.z_m[: len(body.x_m)])[both].mean() < 0.001

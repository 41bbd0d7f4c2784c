"""Numbers in README are those of what they speak of."""

from __future__ import annotations

import re
from pathlib import Path

import workbench
from controller.safety.bound import PERSON_SPEED_M_S
from trajectories.anatomy.body import body_names, load_body
from trajectories.anatomy.measures import T3_FRACTION, Measures
from trajectories.programs.loader import PROGRAM_FOLDER
from urdf.arms import load_arm
from workbench.report.bound_words import HARD_LIMIT_WORDS, bound_rows
from workbench.runs.prepare import DT_S

ROOT = Path(workbench.__file__).parents[1]
NUMBERS = {"eight": 8, "twelve": 12, "four": 4}


def one_line(path: Path) -> str:
    return " ".join(path.read_text(encoding="utf-8").split())


README = one_line(ROOT / "README.md")


def test_the_landmark_t3_is_as_far_below_the_vertebra_as_said() -> None:
    bodies = [load_body(name) for name in body_names()]
    below_cm = [1e2 * (Measures.of(body).thoracic_x(T3_FRACTION) - body.landmarks["T3"][0]) for body in bodies]
    said = f"{min(below_cm):.0f} to {max(below_cm):.0f} cm lower than the third thoracic vertebra"
    assert said in README
    assert said in one_line(PROGRAM_FOLDER / "first_session.yaml")


def test_bodies_arms_and_loop_are_as_said() -> None:
    assert f"{_word(len(body_names()))} prone bodies" in README
    arm = load_arm("servo7")
    assert f"{len(arm.joint_names)}-axis" in README
    assert f"{max(arm.friction_nm):g} Nm ({min(arm.friction_nm):g} Nm in the wrist)" in README
    assert f"{1e-3 / DT_S:g} kHz" in README


def test_finite_elements_are_as_slow_as_their_results_say() -> None:
    results = one_line(ROOT / "docs" / "results_fem.md")
    measured = re.search(r"Simulated at ([\d.]+ to [\d.]+ of real time)", results)
    assert measured is not None
    assert measured[1] in README


def test_both_models_are_compared_at_as_many_places_as_said() -> None:
    lines = (ROOT / "docs" / "tissue.md").read_text(encoding="utf-8").splitlines()
    first = lines.index("Slow press") + 2
    rows = [line.split() for line in lines[first : lines.index("", first)]]
    bodies = {row[0] for row in rows if row[0] in body_names()}
    places = sum(row[0] in body_names() for row in rows)
    assert f"at {_word(places)} places of {_word(len(bodies))} bodies" in README


def test_the_bounds_are_explained_as_in_check_and_report() -> None:
    for row in bound_rows(None, None, None):
        assert f"| {row.name} | {row.assumes}" in README
    for sentence in HARD_LIMIT_WORDS:
        assert sentence in README
    assert f"{PERSON_SPEED_M_S:g} m/s" in README


def _word(number: int) -> str:
    return next(word for word, value in NUMBERS.items() if value == number)

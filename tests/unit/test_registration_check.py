"""What light glides can tell on every body, by drawn heights: large errors are found, allowed ones are no alarm."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from controller.registration import FoundOffset, RegistrationEvent, RegistrationWatch
from controller.types import RegistrationCheck
from sim.person.body_motion import breathing_amplitude
from tests.plan_cases import back_of, body_named
from trajectories.anatomy.back import Back
from trajectories.anatomy.body import body_names
from trajectories.anatomy.keepout import RIDGE_M
from trajectories.anatomy.place_error import PlaceError
from trajectories.planner import default_placement
from trajectories.registration_check import registration_check
from trajectories.registration_strokes import FARTHEST_M, SHAPES, registration_paths
from trajectories.stroke_checks import check_stroke

Array = NDArray[np.float64]
DRAWS = 60
SCAN_M = 0.003
"""Error of the scan that false alarms are counted under."""


@dataclass(frozen=True)
class _Case:
    """A body with its glides."""

    back: Back
    check: RegistrationCheck
    points: Array
    normals: Array
    base_m: Array
    scan: Array
    breath_m: Array


@functools.cache
def case_of(name: str, shape: int = 0) -> _Case:
    body, skin = body_named(name)
    base = np.array(default_placement(body, skin).position_m)
    back = Back.of(body, skin, PlaceError(0.005, math.radians(0.5), (float(base[0]), float(base[1]))))
    paths = registration_paths(back, SHAPES[shape])
    check = registration_check(paths, (5.0, 17.0), back, (float(base[0]), float(base[1]), float(base[2])))
    feet = np.concatenate([path.only_feet_xy_m[::10] for path in paths])
    points = np.column_stack([feet, skin.height(*feet.T)])
    apart = np.sum((feet[:, None] - feet[None]) ** 2, axis=2)
    scan = np.linalg.cholesky(np.exp(-apart / 0.06**2) + 1e-7 * np.eye(len(feet)))
    return _Case(back, check, points, skin.normal(*feet.T), base, scan, breathing_amplitude(body, *feet.T))


def moved(case: _Case, move_m: tuple[float, float, float], turn_deg: tuple[float, float, float], about: Array) -> Array:
    """Return how much higher the skin of a moved and turned person is along the planned normals."""
    rotation = Rotation.from_euler("xyz", turn_deg, degrees=True)
    excess = np.zeros(len(case.points))
    for _ in range(40):
        here = case.points + excess[:, None] * case.normals
        own = rotation.inv().apply(here - np.array(move_m) - about) + about
        excess += 0.7 * (case.back.skin.height(own[:, 0], own[:, 1]) - own[:, 2])
    return excess


def drawn(case: _Case, heights: Array, rng: np.random.Generator, scan_m: float) -> Array:
    """Return measured heights: breathing of unknown rate and phase, tissue, and an error of the scan."""
    count = len(case.points)
    rate, phase = rng.uniform(0.13, 0.25), rng.uniform(0.0, 2.0 * np.pi)
    breath = case.breath_m * np.sin(2.0 * np.pi * rate * np.array(case.check.times_s) + phase)
    scan = scan_m * case.scan @ rng.normal(size=count)
    return heights + breath + scan + 0.8e-3 * rng.normal() + 0.3e-3 * rng.normal(size=count)


def alarm_share(name: str, heights: Array, scan_m: float, shape: int = 0) -> float:
    case, rng = case_of(name, shape), np.random.default_rng(1)
    watch, check = RegistrationWatch(case.check), case.check
    rows, estimator, jacobian = (
        np.array(m) for m in ([offset.row for offset in check.offsets], check.estimator, check.jacobian)
    )
    alarms = 0
    for _ in range(DRAWS):
        excess = drawn(case, heights, rng, scan_m)
        found = tuple(
            FoundOffset(o.name, float(v), o.allowed, o.unit) for o, v in zip(check.offsets, rows @ excess, strict=True)
        )
        rest = excess - jacobian @ (estimator @ excess)
        event = RegistrationEvent(found, float(np.sqrt(np.mean(rest**2))), 1.0)
        alarms += watch.verdict(event, 0.0) is not None
    return alarms / DRAWS


@pytest.mark.parametrize("name", body_names())
def test_large_errors_are_found_on_every_body(name: str) -> None:
    case = case_of(name)
    base, spine = case.base_m, case.back.spine.point(case.back.spine_x("T12"))
    still, level = (0.0, 0.0, 0.0), spine - (0.0, 0.0, 0.2)
    for move_m, turn_deg, about in (
        ((0.0, 0.025, 0.0), still, base),
        ((0.0, -0.025, 0.0), still, base),
        ((0.025, 0.0, 0.0), still, base),
        ((-0.025, 0.0, 0.0), still, base),
        ((0.0, 0.0, 0.03), still, base),
        (still, (0.0, 0.0, 3.0), base),
        (still, (0.0, 0.0, -3.0), base),
        (still, (3.0, 0.0, 0.0), base),
        (still, (-3.0, 0.0, 0.0), base),
        (still, (8.0, 0.0, 0.0), level),
        ((0.0, 0.03, 0.0), (0.0, 0.0, 5.0), spine),
    ):
        found = alarm_share(name, moved(case, move_m, turn_deg, about), 0.0)
        assert found == 1.0, (name, move_m, turn_deg)


@pytest.mark.parametrize("name", body_names())
def test_a_base_within_its_registration_error_is_no_alarm(name: str) -> None:
    case = case_of(name)
    for turn_deg in (-0.5, 0.5):
        heights = moved(case, (0.003, 0.004, 0.0), (0.0, 0.0, turn_deg), case.base_m)
        assert alarm_share(name, heights, 0.0) == 0.0
    assert alarm_share(name, np.zeros(len(case.points)), SCAN_M) <= 0.05


@pytest.mark.parametrize("name", body_names())
def test_the_shorter_glides_find_a_shift_across_the_spine_too(name: str) -> None:
    case = case_of(name, 1)
    for sign in (1.0, -1.0):
        heights = moved(case, (0.0, sign * 0.025, 0.0), (0.0, 0.0, 0.0), case.base_m)
        assert alarm_share(name, heights, 0.0, 1) >= 0.95
    assert alarm_share(name, np.zeros(len(case.points)), 0.0, 1) == 0.0


@pytest.mark.parametrize("name", body_names())
@pytest.mark.parametrize("shape", range(len(SHAPES)))
def test_the_glides_keep_off_the_keep_outs_wherever_the_base_stands(name: str, shape: int) -> None:
    back = case_of(name).back
    for path in registration_paths(back, SHAPES[shape]):
        check_stroke(path, back, False)
        path.refuse_unplannable()
        x, y = path.only_feet_xy_m.T
        assert np.abs(back.spine.lateral(x, y)).min() >= RIDGE_M + FARTHEST_M
        wide = back_of(name).keep_out.clearance(x, y)
        assert wide.min() >= FARTHEST_M - 0.002

"""Shoulder kneading: force wave, roll, passes, sides."""

import numpy as np
import pytest

from controller.errors import PlanError
from tests.plan_cases import KNEADING, back_of
from trajectories.techniques.fields import TOUCH_FORCE_N
from trajectories.techniques.shoulder_kneading import ShoulderKneading, muscle_line, shoulder_kneading
from trajectories.techniques.timing import STEP_S

BODY = "median_m"


def kneading(**changes: object) -> tuple[np.ndarray, np.ndarray]:
    stroke = ShoulderKneading.model_validate({**KNEADING.model_dump(), **changes})
    path = shoulder_kneading(stroke, back_of(BODY))
    assert path.slowest_rate == 1.0
    return path.only_feet_xy_m, path.only_press_n


def test_force_wave_has_the_asked_bounds_and_period() -> None:
    _, press = kneading(force_low_n=9.0, force_high_n=23.0, period_s=1.2, passes=2)
    middle = press[200:-200]
    assert middle.max() == pytest.approx(23.0, abs=0.02)
    assert middle.min() == pytest.approx(9.0, abs=0.02)
    peaks = np.flatnonzero((middle[1:-1] > middle[:-2]) & (middle[1:-1] >= middle[2:]))
    np.testing.assert_allclose(np.diff(peaks) * STEP_S, 1.2, atol=1.5 * STEP_S)


def test_force_begins_and_ends_at_a_touch() -> None:
    _, press = kneading()
    assert press[0] == pytest.approx(TOUCH_FORCE_N)
    assert press[-1] == pytest.approx(TOUCH_FORCE_N)


def test_presses_inward_and_releases_outward() -> None:
    feet, press = kneading(roll_across_m=0.0, creep_m_s=0.002, roll_along_m=0.01, passes=1)
    inner, outer = muscle_line("right", back_of(BODY), 0.008)
    along = feet @ ((outer - inner) / np.linalg.norm(outer - inner))
    middle = slice(300, -300)
    trend = np.polynomial.Polynomial.fit(np.arange(len(along))[middle], along[middle], 1)
    roll = along[middle] - trend(np.arange(len(along))[middle])
    assert np.corrcoef(roll, press[middle])[0, 1] < -0.95


@pytest.mark.parametrize("side", ["left", "right"])
def test_stays_between_neck_base_and_acromion(side: str) -> None:
    feet, _ = kneading(side=side, roll_across_m=0.005)
    inner, outer = muscle_line(side, back_of(BODY), 0.013)
    way = outer - inner
    share = (feet - inner) @ way / (way @ way)
    assert share.min() >= -1e-6
    assert share.max() <= 1.0 + 1e-6
    assert share.max() - share.min() > 0.8


def test_odd_passes_end_outside_and_even_ones_where_they_began() -> None:
    once, _ = kneading(passes=1)
    twice, _ = kneading(passes=2)
    assert abs(once[-1, 1]) > abs(once[0, 1]) + 0.02
    np.testing.assert_allclose(twice[-1], twice[0], atol=1e-4)


def test_sides_are_mirrored() -> None:
    """Both ends are; the outer one to the grain of the keep-out map."""
    left, _ = kneading(side="left")
    right, _ = kneading(side="right")
    np.testing.assert_allclose(left[0] * [1.0, -1.0], right[0], atol=3e-3)
    np.testing.assert_allclose(left[-1] * [1.0, -1.0], right[-1], atol=3e-3)


def test_a_roll_longer_than_the_muscle_is_refused() -> None:
    stroke = ShoulderKneading.model_validate({**KNEADING.model_dump(), "roll_along_m": 0.02, "roll_across_m": 0.012})
    with pytest.raises(PlanError, match=r"upper trapezius, right: got \d+ mm left of \d+ mm of muscle.*roll_along_m"):
        shoulder_kneading(stroke, back_of("slim_f"))

"""What the joints lack: found by their momentum, given upward only, bounded, and forgotten where nothing is known."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.safety import missing_torque, projection
from controller.safety.friction_doubt import RATE_PER_S
from controller.safety.missing_torque import MOST_SHARE, SEEN_PER_S, SURPLUS_SHARE, MissingTorque
from controller.types import ToolTerms, Vector
from tests.gate_cases import UP, soft_gains, terms

DT_S, JOINTS = 1e-3, 3
DOUBT_NM = (0.5,) * JOINTS
BIAS_NM = (20.0, -12.0, 4.0)
STILL = (0.0,) * JOINTS
DOWN = (0.0, 0.0, -1.0)


@pytest.fixture(autouse=True, scope="module")
def _friction_alone() -> Iterator[None]:
    """Leave the doubt that is there beside friction to one test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(missing_torque, "BASE_NM", 0.0)
        yield


def _arm(momentum: Vector = STILL, bias: Vector = BIAS_NM) -> ToolTerms:
    """Return an arm whose joints have a unit inertia each and no tool: nothing that they are given presses."""
    nothing = ((0.0,) * JOINTS,) * 6
    drift = tuple(-b for b in bias)
    return ToolTerms(STILL, (0.0, 0.0, 0.0, 1.0), (0.0,) * 6, nothing, nothing, bias, momentum, drift)


def _missing(doubt_nm: Vector = DOUBT_NM, **gains: float) -> MissingTorque:
    return MissingTorque(soft_gains(JOINTS, **{"learn_per_s": 8.0, **gains}), doubt_nm, DT_S)


def _more(missing: MissingTorque, arm: ToolTerms | None = None) -> Vector:
    arm = arm or _arm()
    return tuple(np.subtract(missing.held(arm, UP).bias_nm, arm.bias_nm).tolist())


def _held_still(missing: MissingTorque, sent_nm: Vector, periods: int = 500) -> None:
    """Let drives report this while something, a hand say, keeps the arm at rest."""
    for _ in range(periods):
        missing.see(_arm(), sent_nm)


def _fall(share: float, periods: int, missing: MissingTorque, seen: int = 60, *, flees: bool = False) -> np.ndarray:
    """Return joint speeds, (periods, n): the drives give a share of what they report, and are stopped after a while."""
    speed, rows = np.zeros(JOINTS), []
    for period in range(periods):
        arm = _arm(tuple(speed.tolist()))
        bias = np.array(BIAS_NM) if period < seen else np.array(missing.held(arm, UP).bias_nm)
        sent = tuple((bias - 4.0 * speed).tolist())
        speed = speed + DT_S * (share * np.array(sent) - BIAS_NM)
        after = _arm(tuple(speed.tolist()))
        if period < seen:
            missing.see(after, sent)
        else:
            missing.free(is_touched=False, is_running_away=flees)
            missing.learn(after, sent, tuple(speed.tolist()), UP)
        rows.append(speed)
    return np.array(rows)


def test_what_drives_report_and_do_not_give_is_found() -> None:
    missing = _missing()
    _held_still(missing, (26.0, -12.0, 4.0))
    assert missing._lack_nm == pytest.approx((6.0, 0.0, 0.0), abs=1e-4)
    missing.see(_arm(), (26.0, -12.0, 4.0))
    first = _missing()
    first.see(_arm(), (26.0, -12.0, 4.0))
    assert first._lack_nm == STILL, "one period alone says nothing"
    first.see(_arm(), (26.0, -12.0, 4.0))
    assert first._lack_nm == pytest.approx((6.0 * SEEN_PER_S * DT_S, 0.0, 0.0))


def test_a_motion_that_the_torques_explain_is_none() -> None:
    missing = _missing()
    for period in range(200):
        # 5 Nm beyond the holding torque, on a unit inertia
        missing.see(_arm((5e-3 * period, 0.0, 0.0)), (25.0, -12.0, 4.0))
    assert missing._lack_nm == pytest.approx(STILL, abs=1e-9)


def test_a_joint_is_given_what_it_lacks_beyond_the_doubt_in_the_direction_that_holds_it() -> None:
    missing = _missing()
    missing._needed_nm = (6.0, 6.0, 0.4)
    assert _more(missing) == pytest.approx((5.5, 0.0, 0.0)), "the second is held by less: nothing pushes it down"
    missing._needed_nm = (-6.0, -6.0, -6.0)
    assert _more(missing) == pytest.approx((0.0, -5.5, 0.0))
    missing._needed_nm = (0.5, -0.5, 0.51)
    assert _more(missing) == pytest.approx((0.0, 0.0, 0.01))


def test_no_more_is_given_than_the_model_holds_the_joint_by() -> None:
    missing = _missing()
    missing._needed_nm = (1e4, -1e4, 1e4)
    assert _more(missing) == pytest.approx(tuple(MOST_SHARE * b for b in BIAS_NM))
    assert _more(missing, _arm(bias=STILL)) == STILL


def test_a_drive_that_gives_half_is_sent_twice_of_what_is_missing() -> None:
    for lack_nm, needed_nm in ((10.0, 20.0), (6.0, 6.0 / 0.7), (19.0, 38.0), (30.0, 60.0), (-5.0, -5.0), (0.0, 0.0)):
        missing, speed = _missing(), -lack_nm * DT_S
        missing._lack_nm, missing._momentum = (lack_nm, 0.0, 0.0), STILL
        # It falls by what it lacks, so that there is nothing new in it.
        missing.learn(_arm((speed, 0.0, 0.0)), BIAS_NM, STILL, UP)
        assert missing._lack_nm == pytest.approx((lack_nm, 0.0, 0.0))
        assert missing._needed_nm == pytest.approx((needed_nm, 0.0, 0.0), abs=1e-9)


def test_in_balance_it_is_what_is_lacking() -> None:
    missing = _missing()
    missing._lack_nm = missing._needed_nm = (10.0, -2.0, 0.0)
    missing._momentum = STILL
    missing._is_begun = True
    missing.learn(_arm(), (30.0, -14.0, 4.0), STILL, UP)
    assert missing._needed_nm == pytest.approx((10.0, -2.0, 0.0))


@pytest.mark.parametrize("share", [0.5, 0.6, 0.7, 0.85])
def test_an_arm_whose_drives_fall_to_a_share_comes_to_rest(share: float) -> None:
    given, nothing = (_fall(share, 2000, _missing(learn_per_s=rate)) for rate in (8.0, 0.0))
    assert np.abs(given[-1]).max() < 0.2
    assert np.abs(given[-1]).max() < 0.25 * np.abs(nothing[-1]).max()
    assert np.abs(given).max() < 0.6 * np.abs(nothing).max()


@pytest.mark.parametrize("share", [1.15, 1.3, 1.5])
def test_an_arm_whose_drives_give_too_much_is_let_rise(share: float) -> None:
    given, nothing = (_fall(share, 1000, _missing(learn_per_s=rate)) for rate in (8.0, 0.0))
    assert given == pytest.approx(nothing)


@pytest.mark.parametrize("share", [1.15, 1.3, 1.5])
def test_where_the_tool_runs_away_untouched_the_surplus_is_taken_away(share: float) -> None:
    given, nothing = (_fall(share, 2000, _missing(learn_per_s=rate), flees=True) for rate in (8.0, 0.0))
    assert np.abs(given[-1]).max() < 0.1
    assert np.abs(given[-1]).max() < 0.2 * np.abs(nothing[-1]).max()


def test_who_touches_the_tool_is_given_the_surplus_back_at_once() -> None:
    missing = _missing()
    missing._needed_nm = (-5.0, 2.0, 3.0)
    missing.free(is_touched=False, is_running_away=True)
    taken = _more(missing)
    assert taken == pytest.approx((-4.5, 1.5, 2.5))
    for is_touched in (False, None):
        missing.free(is_touched=is_touched, is_running_away=False)
        assert _more(missing) == pytest.approx(taken), "what was taken stays taken"
    missing.free(is_touched=True, is_running_away=True)
    assert _more(missing) == pytest.approx((0.0, 0.0, 2.5))
    missing.free(is_touched=False, is_running_away=False)
    assert _more(missing) == pytest.approx((0.0, 0.0, 2.5)), "and only a tool that runs away begins anew"


def test_no_more_is_taken_away_than_a_share_of_what_holds_the_joint() -> None:
    missing = _missing()
    missing._needed_nm = (-1e4, 1e4, -1e4)
    missing.free(is_touched=None, is_running_away=True)
    assert _more(missing) == pytest.approx(tuple(-SURPLUS_SHARE * b for b in BIAS_NM))


def test_where_it_is_not_known_who_touches_the_tool_no_more_is_taken_away_once_it_is_slow() -> None:
    missing, sent = _missing(), (12.0, -12.0, 4.0)
    missing.free(is_touched=None, is_running_away=True)
    for _ in range(200):
        missing.learn(_arm(), sent, STILL, UP)
    fast = missing._needed_nm[0]
    assert -8.0 < fast < -4.0
    for _ in range(500):
        missing.free(is_touched=None, is_running_away=False)
        missing.learn(_arm(), sent, STILL, UP)
    assert missing._needed_nm[0] == pytest.approx(fast, abs=0.05)
    for _ in range(500):
        missing.learn(_arm(), BIAS_NM, STILL, UP)
    assert missing._needed_nm[0] == pytest.approx(0.0, abs=0.4), "less is"
    for _ in range(500):
        missing.free(is_touched=None, is_running_away=False)
        missing.learn(_arm(), (26.0, -12.0, 4.0), STILL, UP)
    assert missing._needed_nm[0] > 5.0, "and what is lacking is found as before"


def test_a_surplus_is_forgotten_with_the_stop() -> None:
    for forget in (lambda one: one.clear(), lambda one: one.see(_arm(), BIAS_NM)):
        missing = _missing()
        missing.free(is_touched=False, is_running_away=True)
        forget(missing)
        missing._needed_nm = (-5.0, 0.0, 0.0)
        assert _more(missing) == STILL


def test_a_joint_that_falls_whatever_it_is_given_is_not_left_to_friction() -> None:
    missing = _missing()
    missing._needed_nm = (6.0, -2.0, 0.0)
    falling = (-0.1, -0.1, 0.0)
    for _ in range(int(0.5 / RATE_PER_S / DT_S)):
        missing._doubt.step(missing._needed_nm, falling)
    assert _more(missing) == pytest.approx((5.75, -1.5, 0.0), abs=0.01)
    missing.free(is_touched=None, is_running_away=False)
    assert _more(missing) == pytest.approx((5.75, -1.5, 0.0), abs=0.01)
    missing.free(is_touched=True, is_running_away=False)
    assert _more(missing) == pytest.approx((5.5, -1.5, 0.0))


def test_learning_tells_the_doubt_which_joints_move() -> None:
    missing = _missing()
    missing._lack_nm = missing._needed_nm = (6.0, 0.0, 0.0)
    missing._is_begun = True
    for _ in range(100):
        missing.learn(_arm(), (26.0, -12.0, 4.0), (-0.2, 0.0, 0.0), UP)
    assert missing._doubt.nm[0] == pytest.approx(0.5 * (1.0 - 100 * RATE_PER_S * DT_S))


def test_a_stopped_arm_learns_at_the_rate_of_its_gains_and_smoothly() -> None:
    missing = _missing()
    sent = (26.0, -12.0, 4.0)
    missing.learn(_arm(), sent, STILL, UP)
    assert missing._needed_nm == STILL
    missing.learn(_arm(), sent, STILL, UP)
    assert missing._lack_nm == pytest.approx((6.0 * 8.0 * DT_S, 0.0, 0.0))
    assert 0.0 < missing._needed_nm[0] < 0.02 * missing._lack_nm[0]
    for _ in range(1000):
        missing.learn(_arm(), sent, STILL, UP)
    assert missing._lack_nm == pytest.approx((6.0, 0.0, 0.0), abs=0.01)
    assert missing._needed_nm == pytest.approx((6.0, 0.0, 0.0), abs=0.01)


def test_what_is_held_from_above_makes_it_no_larger_but_smaller() -> None:
    missing = _missing()
    missing._lack_nm = missing._needed_nm = (3.0, -3.0, 0.0)
    missing._is_begun = True
    for _ in range(100):
        missing.learn(_arm(), (30.0, -12.0, 4.0), STILL, UP, may_grow=False)
    assert missing._lack_nm[0] > 5.0
    assert missing._needed_nm[0] == 3.0
    assert -3.0 < missing._needed_nm[1] < -1.0


def test_somebody_who_lifts_the_arm_takes_away_from_it() -> None:
    missing = _missing()
    missing._lack_nm = missing._needed_nm = (8.0, -5.0, 0.0)
    for _ in range(500):
        # a hand carries all of it
        missing.learn(_arm(), (8.0, -2.0, 0.0), STILL, UP)
    assert _more(missing) == STILL


@pytest.mark.parametrize(
    "changes",
    [
        {"momentum_nms": ()}, {"drift_nm": ()}, {"drift_nm": (1.0,)}, {"momentum_nms": (0.0,) * 4},
        {"momentum_nms": (math.nan, 0.0, 0.0)}, {"drift_nm": (math.inf, 0.0, 0.0)}, {"bias_nm": (math.nan,) * 3},
        {"bias_nm": ()},
    ],
)  # fmt: skip
def test_a_period_of_which_something_is_not_known_teaches_nothing(changes: dict[str, Vector]) -> None:
    missing, sent = _missing(), (26.0, -12.0, 4.0)
    _held_still(missing, sent)
    missing.learn(_arm(), sent, STILL, UP)
    known = missing._lack_nm, missing._needed_nm
    for teach in (lambda arm, nm: missing.learn(arm, nm, STILL, UP), missing.see):
        teach(replace(_arm(), **changes), sent)
        teach(_arm(), (math.nan, 0.0, 0.0))
        teach(_arm(), ())
        assert (missing._lack_nm, missing._needed_nm) == known
        # what follows is compared with nothing before it
        missing._momentum = ()
        teach(_arm((1e6, 0.0, 0.0)), sent)
        assert (missing._lack_nm, missing._needed_nm) == known
        missing._momentum = STILL


def test_what_is_no_number_breaks_the_chain_of_periods() -> None:
    missing = _missing()
    missing.see(_arm(), BIAS_NM)
    missing.see(_arm((math.nan, 0.0, 0.0)), BIAS_NM)
    missing.see(_arm((3.0, 0.0, 0.0)), BIAS_NM)
    assert missing._lack_nm == STILL
    missing.see(_arm((3.0, 0.0, 0.0)), BIAS_NM)
    assert missing._lack_nm == STILL


def test_nothing_is_given_without_a_rate_or_where_the_joints_are_not_known() -> None:
    arm = _arm()
    for missing in (_missing(learn_per_s=0.0), _missing(doubt_nm=()), _missing(doubt_nm=(0.5,) * 2)):
        _held_still(missing, (40.0, -12.0, 4.0))
        missing.learn(arm, (40.0, -12.0, 4.0), STILL, UP)
        assert missing.held(arm, UP) is arm


def test_it_forgets_where_it_is_told_to() -> None:
    missing = _missing(speed_filter_rad_s=45.0)
    _held_still(missing, (30.0, -12.0, 4.0))
    missing.learn(_arm(), (30.0, -12.0, 4.0), STILL, UP)
    assert _more(missing)[0] > 9.0
    missing.clear()
    assert _more(missing) == STILL
    missing.see(_arm((1e6, 0.0, 0.0)), BIAS_NM)
    assert missing._lack_nm == STILL


def test_where_joints_are_elastic_what_is_given_is_filtered_as_their_speeds_are() -> None:
    missing = _missing(speed_filter_rad_s=45.0)
    assert _more(missing) == STILL
    missing._needed_nm = (6.5, 0.0, 0.0)
    assert 0.0 < missing.held(_arm(), UP).bias_nm[0] - 20.0 + 0.5 < 0.51
    for _ in range(300):
        more = _more(missing)
    assert more == pytest.approx((6.0, 0.0, 0.0), abs=0.01)


@given(seed=st.integers(0, 2**31), most_nm=st.floats(0.0, 1e3), outward=st.sampled_from([UP, DOWN, (0.6, 0.0, 0.8)]))
def test_whatever_is_lacking_nothing_of_it_presses_and_all_of_it_is_bounded(
    seed: int, most_nm: float, outward: tuple[float, float, float]
) -> None:
    rng = np.random.default_rng(seed)
    arm = terms(rng)
    missing = MissingTorque(soft_gains(learn_per_s=8.0), (0.5,) * 7, DT_S)
    missing._needed_nm = tuple(rng.uniform(-most_nm, most_nm, size=7).tolist())
    held = missing.held(arm, outward)
    pushed = projection.static_press(held.bias_nm, arm, outward)
    assert pushed <= 1e-6 * (1.0 + most_nm)
    more = np.subtract(held.bias_nm, arm.bias_nm)
    if pushed < -1e-6 * (1.0 + most_nm):
        bias = np.array(arm.bias_nm)
        assert np.all(more * np.sign(bias) >= 0.0)
        assert np.all(np.abs(more) <= np.maximum(np.abs(missing._needed_nm) - 0.5, 0.0) + 1e-9)
        assert np.all(np.abs(more) <= MOST_SHARE * np.abs(bias) + 1e-9)


def test_beside_friction_there_is_a_doubt_at_every_joint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missing_torque, "BASE_NM", 0.6)
    missing = _missing()
    missing._needed_nm = (6.0, -1.1, 1.2)
    assert _more(missing) == pytest.approx((4.9, 0.0, 0.1))


@pytest.mark.parametrize("rub_share", [0.0, 0.3, 0.5])
def test_a_body_that_pushes_and_rubs_the_tool_is_nothing_that_is_missing(rub_share: float) -> None:
    arm = terms(np.random.default_rng(2))
    arm = replace(arm, momentum_nms=(0.0,) * 7, drift_nm=tuple(-nm for nm in arm.bias_nm))
    missing = MissingTorque(soft_gains(learn_per_s=8.0), (0.0,) * 7, DT_S)
    body = projection.wrench_to_torque(arm.jacobian, (20.0 * rub_share, 0.0, 20.0, 0.0, 0.0, 0.0))
    for _ in range(500):
        missing.see(arm, tuple(np.subtract(arm.bias_nm, body).tolist()))
    missing.learn(arm, tuple(np.subtract(arm.bias_nm, body).tolist()), STILL, UP)
    assert missing._needed_nm == pytest.approx((0.0,) * 7, abs=1e-3)


@pytest.mark.parametrize("wrench", [(20.0, 0.0, 20.0, 0.0, 0.0, 0.0), (0.0, 0.0, -20.0, 0.0, 0.0, 0.0)])
def test_what_no_body_explains_is_missing(wrench: Vector) -> None:
    """More force across than rubbing makes, or a pull toward the body."""
    arm = terms(np.random.default_rng(2))
    missing = MissingTorque(soft_gains(learn_per_s=8.0), (0.0,) * 7, DT_S)
    pulled = tuple(-nm for nm in projection.wrench_to_torque(arm.jacobian, wrench))
    left = projection.add_force(pulled, arm, (10.0, 0.0, 20.0, 0.0, 0.0, 0.0)) if wrench[2] > 0.0 else pulled
    missing._lack_nm = pulled
    missing.learn(arm, arm.bias_nm, STILL, UP)
    assert missing._needed_nm == pytest.approx(
        [lack * (min(max(b / (b - lack), 1.0), 2.0) if b * (b - lack) > 0 else 2.0)
         for lack, b in zip(left, arm.bias_nm, strict=True)]
    )  # fmt: skip

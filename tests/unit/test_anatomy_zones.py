"""Regions and keep-out zones fit every body and let the strokes of the trade through."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from controller.errors import ModelError
from controller.types import KeepOut, Region
from trajectories.anatomy.body import Body, body_names, load_body
from trajectories.anatomy.keepout import KeepOutMap
from trajectories.anatomy.regions import REGIONS, RegionMap
from trajectories.anatomy.spine import SpineLine

NAMES = body_names()


@functools.cache
def placed(name: str) -> tuple[Body, RegionMap, KeepOutMap, SpineLine]:
    body = load_body(name)
    return body, RegionMap.from_body(body), KeepOutMap.from_body(body), SpineLine.from_body(body)


def only_region(name: str, x: float, y: float) -> Region:
    return placed(name)[1].region_at(x, y)[0]


def circles(name: str, sign: int) -> tuple[np.ndarray, np.ndarray]:
    """All rims of circles of radius 12-25 mm, offset 25-55 mm, that stay 15 mm off the spine, creeping L5S1 to C7."""
    body, _, _, spine = placed(name)
    centre = np.arange(body.landmarks["L5S1"][0] + 0.025, body.landmarks["C7"][0] - 0.03 + 1e-9, 0.01)
    turn = np.linspace(0.0, 2.0 * np.pi, 33)
    pairs = [(o, r) for o in np.arange(0.025, 0.0551, 0.005) for r in (0.012, 0.018, 0.025) if o - r > 0.015 - 1e-9]
    x = np.concatenate([(centre[:, None] + r * np.cos(turn)).ravel() for _, r in pairs])
    lateral = np.concatenate([(0.0 * centre[:, None] + o + r * np.sin(turn)).ravel() for o, r in pairs])
    return x, spine.y(x) + sign * lateral


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sign", [1, -1])
def test_paraspinal_circles_are_allowed(name: str, sign: int) -> None:
    _, regions, keep_outs, _ = placed(name)
    x, y = circles(name, sign)
    assert set(keep_outs.zones_at(x, y)) == {None}
    found = set(regions.region_at(x, y))
    assert Region.OTHER not in found
    assert {Region.LUMBAR_PARASPINAL, Region.THORACIC_PARASPINAL} <= found


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("suffix", "sign"), [("L", 1), ("R", -1)])
def test_kneading_from_neck_base_to_acromion_is_allowed(name: str, suffix: str, sign: int) -> None:
    body, regions, keep_outs, _ = placed(name)
    start = np.array([body.landmarks["C7"][0] - 0.010, sign * 0.045])
    end = np.array(body.landmarks[f"acromion_{suffix}"][:2])
    length = np.hypot(*(end - start))
    along = (end - start) / length
    across = np.array([-along[1], along[0]])
    u, v = np.meshgrid(np.linspace(-0.010, length - 0.015, 40), np.linspace(-0.010, 0.010, 9))
    points = start + u.reshape(-1, 1) * along + v.reshape(-1, 1) * across
    assert set(keep_outs.zones_at(points[:, 0], points[:, 1])) == {None}
    assert set(regions.region_at(points[:, 0], points[:, 1])) == {Region.UPPER_TRAPEZIUS}


@pytest.mark.parametrize("name", NAMES)
def test_regions_are_where_they_belong(name: str) -> None:
    body, _, _, spine = placed(name)
    marks = body.landmarks
    c7, t12, base = marks["C7"][0], marks["T12"][0], marks["L5S1"][0]
    beside = 0.04 + float(spine.y(0.2))
    assert only_region(name, 0.5 * (t12 + base), beside) == Region.LUMBAR_PARASPINAL
    assert only_region(name, t12 + 0.05, beside) == Region.THORACIC_PARASPINAL
    assert only_region(name, c7 - 0.35 * (c7 - t12), 0.074) == Region.RHOMBOID
    assert only_region(name, base - 0.03, 0.02) == Region.SACRUM
    assert only_region(name, base - 0.06, 0.08) == Region.GLUTEAL
    assert only_region(name, c7 + 0.012, 0.0) == Region.NECK_BASE
    assert only_region(name, *marks["shoulder_R"][:2]) == Region.DELTOID
    hip, knee, ankle = marks["hip_L"], marks["knee_L"], marks["ankle_L"]
    assert only_region(name, 0.45 * hip[0] + 0.55 * knee[0], 0.45 * hip[1] + 0.55 * knee[1]) == Region.THIGH
    assert only_region(name, 0.7 * knee[0] + 0.3 * ankle[0], 0.7 * knee[1] + 0.3 * ankle[1]) == Region.CALF
    assert only_region(name, t12 + 0.05, 0.11) == Region.OTHER
    assert only_region(name, 5.0, 0.0) == Region.OTHER
    assert only_region(name, float("nan"), 0.0) == Region.OTHER


@pytest.mark.parametrize("name", NAMES)
def test_keep_outs_are_where_they_belong(name: str) -> None:
    body, _, keep_outs, spine = placed(name)
    marks = body.landmarks
    c7 = marks["C7"][0]
    flank = 0.5 * (marks["T12"][0] + marks["L3"][0])
    x = np.linspace(marks["L5S1"][0], c7, 50)
    for lateral in (-0.0079, 0.0, 0.0079):
        assert set(keep_outs.zones_at(x, spine.y(x) + lateral)) == {KeepOut.SPINE_RIDGE}
    for sign in (1, -1):
        assert set(keep_outs.zones_at(x, spine.y(x) + sign * 0.008)) == {None}
        assert keep_outs.zones_at(flank, sign * 0.10) == [KeepOut.KIDNEY_FLANK]
    assert keep_outs.zones_at(flank, 0.080) == [None]
    assert keep_outs.zones_at(c7 + 0.028, 0.02) == [KeepOut.NECK]
    for joint, zone in (("knee", KeepOut.POPLITEAL), ("elbow", KeepOut.ELBOW)):
        for side in "LR":
            assert keep_outs.zones_at(*marks[f"{joint}_{side}"][:2]) == [zone]
    for side in "LR":
        acromion, shoulder = np.array(marks[f"acromion_{side}"]), np.array(marks[f"shoulder_{side}"])
        crest = acromion[:2] + np.linspace(0.0, 0.45, 10)[:, None] * (shoulder - acromion)[:2]
        assert set(keep_outs.zones_at(crest[:, 0], crest[:, 1])) == {KeepOut.SCAPULAR_SPINE}
    assert keep_outs.zones_at([9.0, float("nan")], 0.0) == [KeepOut.OFF_BODY, KeepOut.OFF_BODY]


@pytest.mark.parametrize("name", ["median_m", "tall_m"])
def test_left_and_right_are_alike(name: str) -> None:
    _, regions, keep_outs, _ = placed(name)
    rng = np.random.default_rng(3)
    x, y = rng.uniform(-0.1, 0.55, 4000), rng.uniform(0.0, 0.24, 4000)
    same = np.array(regions.region_at(x, y)) == np.array(regions.region_at(x, -y))
    assert same.mean() > 0.98
    alike = keep_outs.code_at(x, y) == keep_outs.code_at(x, -y)
    assert alike.mean() > 0.98


def test_weights_add_up_and_change_over_ten_millimetres() -> None:
    body, regions, _, _ = placed("median_m")
    t12 = body.landmarks["T12"][0]
    x = t12 + np.linspace(-0.03, 0.03, 601)
    weights = regions.weights(x, 0.04)
    assert weights.shape == (len(REGIONS), len(x))
    assert np.allclose(weights.sum(axis=0), 1.0, atol=1e-6)
    thoracic = weights[REGIONS.index(Region.THORACIC_PARASPINAL)]
    width = x[np.argmax(thoracic > 0.9)] - x[np.argmax(thoracic > 0.1)]
    assert 0.008 < width < 0.013
    assert np.all(np.diff(thoracic) > -1e-6)


def test_table_agrees_with_the_queries() -> None:
    _, regions, _, _ = placed("slim_f")
    n, m = regions.table.shape
    assert regions.table.dtype == np.int8
    i, j = np.random.default_rng(0).integers(0, (n, m), (500, 2)).T
    x = regions.x0_m + i / regions.inverse_spacing_per_m
    y = regions.y0_m + j / regions.inverse_spacing_per_m
    assert np.array_equal(regions.code_at(x, y), regions.table[i, j])


def test_clearance_is_the_distance_to_the_next_keep_out() -> None:
    body, _, keep_outs, _ = placed("median_m")
    x = 0.5 * (body.landmarks["T12"][0] + body.landmarks["T9"][0])
    assert keep_outs.clearance(x, [0.008 + 0.03])[0] == pytest.approx(0.03, abs=0.002)
    assert keep_outs.clearance(x, 0.0)[0] == pytest.approx(-0.008, abs=0.002)
    assert keep_outs.clearance(9.0, 0.0)[0] == -np.inf


def test_arm_beside_the_flank_is_no_kidney() -> None:
    body, _, keep_outs, _ = placed("muscular_m")
    x = body.landmarks["T12"][0] - 0.02
    assert keep_outs.zones_at(x, 0.13) == [KeepOut.KIDNEY_FLANK]
    assert keep_outs.zones_at(x, 0.23)[0] != KeepOut.KIDNEY_FLANK


def test_outlines_hold_their_region() -> None:
    _, regions, keep_outs, _ = placed("stocky_f")
    outline = regions.outline(Region.RHOMBOID, "left")
    assert outline.shape[1] == 2
    assert (outline[:, 1] > 0.05).all()
    assert len(keep_outs.outlines(KeepOut.KIDNEY_FLANK)) == 2
    assert keep_outs.outlines(KeepOut.OFF_BODY) == ()
    with pytest.raises(ModelError, match="rhomboid"):
        regions.outline(Region.OTHER, "left")

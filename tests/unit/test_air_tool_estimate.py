"""What hangs on the wrist sensor, from made-up wrenches in free air."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from controller.air.blocks import AirBlock
from controller.air.tool_estimate import ToolEstimate, estimate_tool, zero_of
from controller.errors import ModelError
from controller.types import Vector3, Vector6
from urdf.arms import load_arm

TOOL = load_arm("servo7").tool
ZERO: Vector6 = (0.3, -0.2, 0.5, 0.004, -0.006, 0.002)
NOISE = (0.01, 0.01, 0.01, 5e-4, 5e-4, 5e-4)
"""Noise of a block: that of a sample over the root of its ticks."""


def _fall(tilt_rad: float) -> Vector3:
    x, y = math.sin(tilt_rad) * math.cos(0.7), math.sin(tilt_rad) * math.sin(0.7)
    return 9.81 * x, 9.81 * y, 9.81 * math.cos(tilt_rad)


def _block(
    t_s: float, tilt_rad: float, mass_kg: float, com_s_m: Vector3, drift_n_per_s: float, noise: Vector6
) -> AirBlock:
    f = np.array(_fall(tilt_rad))
    wrench = np.array(ZERO) + np.concatenate([mass_kg * f, np.cross(mass_kg * np.array(com_s_m), f)]) + noise
    wrench[2] += drift_n_per_s * t_s
    a, b, c, d, e, g = wrench.tolist()
    return AirBlock(t_s, (a, b, c, d, e, g), _fall(tilt_rad), (0.0,) * 7, (0.0,) * 7, (0.0,) * 7)


def _weighing(
    turn_deg: float, mass_kg: float, com_s_m: Vector3 = TOOL.com_s_m, drift_n_per_s: float = 0.0
) -> list[AirBlock]:
    """Return blocks of a second at rest, a second turned, and a second at rest again."""
    random, blocks = np.random.default_rng(3), []
    for k in range(150):
        tilt = math.radians(turn_deg) if 50 <= k < 100 else 0.0
        noise = tuple((np.array(NOISE) * random.normal(size=6)).tolist())
        blocks.append(_block(0.02 * k, tilt, mass_kg, com_s_m, drift_n_per_s, noise))
    return blocks


def _check_zero(found: ToolEstimate, end_s: float, drift_n_per_s: float) -> None:
    at_end = np.add(ZERO[:3], (0.0, 0.0, drift_n_per_s * end_s))
    np.testing.assert_allclose(found.zero_s[:3], at_end, atol=0.06)
    np.testing.assert_allclose(found.zero_s[3:], ZERO[3:], atol=0.012)


@pytest.mark.parametrize("off_kg", [-0.2, 0.0, 0.05, 2.0])
@pytest.mark.parametrize("drift_n_per_s", [0.0, 0.05])
def test_mass_zero_and_drift_are_told_apart_by_two_orientations(off_kg: float, drift_n_per_s: float) -> None:
    mass = TOOL.mass_kg + off_kg
    found = estimate_tool(_weighing(22.0, mass, drift_n_per_s=drift_n_per_s), TOOL)
    assert found.is_weighed
    assert found.mass_kg == pytest.approx(mass, abs=0.01)
    assert found.drift_s[2] == pytest.approx(drift_n_per_s, abs=0.006)
    _check_zero(found, 2.98, drift_n_per_s)
    assert found.mass_error_kg < 0.02


def test_centre_of_mass_is_found_across_the_turn_and_kept_by_the_file_along_it() -> None:
    com = (0.0, 0.0, TOOL.com_s_m[2] + 0.02)
    found = estimate_tool(_weighing(30.0, TOOL.mass_kg, com), TOOL)
    np.testing.assert_allclose(found.com_s_m, com, atol=0.004)


def test_one_orientation_leaves_the_mass_to_the_file_and_everything_else_to_the_zero() -> None:
    found = estimate_tool(_weighing(5.0, TOOL.mass_kg + 2.0), TOOL)
    assert not found.is_weighed
    assert found.mass_kg == pytest.approx(TOOL.mass_kg, abs=1e-3)
    assert found.weight_n == pytest.approx(2.0 * 9.81, abs=1.0)


def test_motion_counts_with_its_acceleration() -> None:
    """A tool in free fall weighs nothing; that is the tool, not the zero."""
    blocks = _weighing(22.0, TOOL.mass_kg)
    falling = replace(blocks[0], wrench_s=ZERO, fall_s=(0.0, 0.0, 0.0))
    assert estimate_tool([*blocks, falling], TOOL).mass_kg == pytest.approx(TOOL.mass_kg, abs=0.01)
    np.testing.assert_allclose(zero_of(falling, TOOL.mass_kg, TOOL.com_s_m), ZERO)
    np.testing.assert_allclose(zero_of(blocks[70], TOOL.mass_kg, TOOL.com_s_m), ZERO, atol=0.04)


@pytest.mark.parametrize("field", ["t_s", "wrench_s", "fall_s"])
def test_numbers_that_are_none_are_refused(field: str) -> None:
    blocks = _weighing(22.0, TOOL.mass_kg)
    bad = math.nan if field == "t_s" else (math.nan,) * len(getattr(blocks[0], field))
    with pytest.raises(ModelError, match="no number"):
        estimate_tool([*blocks, replace(blocks[0], **{field: bad})], TOOL)
    with pytest.raises(ModelError, match="no samples"):
        estimate_tool([], TOOL)

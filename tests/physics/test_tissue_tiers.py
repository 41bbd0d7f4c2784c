"""Both tissue tiers under the same arm, law and gate: they must not part. The whole table is `campaign tissue`."""

import dataclasses

import pytest

from sim.fem.mesh_settings import MeshSettings
from workbench.campaigns.tissue.campaign import Pair
from workbench.campaigns.tissue.convergence import DEPTHS_M, MeshTask, measure
from workbench.campaigns.tissue.sessions import SessionTask, run_session

PAD_RADIUS_M = 0.018


def test_press_and_slide_is_alike_on_both_tiers() -> None:
    law, fem = run_session(SessionTask("median_f", "spine-near", (20.0,)))
    pair = Pair("median_f", "spine-near", law, fem)
    assert pair.misses() == ()
    assert law.pressed is not None
    assert fem.pressed is not None
    assert law.slid is not None
    assert fem.slid is not None
    assert law.pressed.mean_n == pytest.approx(20.0, rel=0.02)
    assert 0.1 < fem.slid.friction < 0.35
    assert fem.slid.rms_n < 1.5
    softer = dataclasses.replace(fem, pressed=dataclasses.replace(fem.pressed, depth_mm=1.3 * fem.pressed.depth_mm))
    assert not dataclasses.replace(pair, fem=softer).is_passed


def test_coarse_meshes_are_stiffer_and_the_step_changes_little() -> None:
    coarse, middle = (
        measure(MeshTask("", MeshSettings(fine_m=fine_m, layers=layers, band_m=0.060, bone_m=0.0), 1e-3, PAD_RADIUS_M,
                         is_slid=False, is_fitted=False))
        for fine_m, layers in ((0.030, 2), (0.015, 3))
    )  # fmt: skip
    shorter = measure(dataclasses.replace(middle.task, dt_s=5e-4))
    assert coarse.nodes < middle.nodes
    deep = DEPTHS_M.index(0.010)
    assert coarse.forces_n[deep] > 1.5 * middle.forces_n[deep]
    assert shorter.forces_n[deep] == pytest.approx(middle.forces_n[deep], rel=0.04)
    assert list(middle.forces_n) == sorted(middle.forces_n)
    assert all(0.2 < share < 1.1 for share in middle.passed_on)

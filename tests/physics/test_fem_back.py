"""The finite-element tier: true forces, the same curve as the law, patches that follow the pad, clear refusals."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from controller.errors import ConfigError, MeshError, PlantError
from sim.fem.back import CURVE_M, NEAR_M, PATCH, PatchMaker, fit_at, slow_curve
from sim.fem.calibration import FITTED_N, Calibration, load_calibration, material, press_slab
from sim.fem.mesh import TissueMesh, strip_mesh
from sim.fem.patched_back import FADE_TICKS, LAY_M, TAKE_AWAY_M, Patch, PatchedBack, Spot
from sim.fem.soft_back import PadShape, SoftBack
from sim.fem.surface import FlatSurface
from sim.person.contact_law import HEIGHT, LAYERS
from sim.person.parameters import TYPICAL_PERSON
from sim.person.tissue_map import TissueMap
from trajectories.anatomy.body import body_names, load_body
from trajectories.anatomy.measures import Measures
from trajectories.anatomy.spline import evaluate_layers

Array = NDArray[np.float64]
DT_S = 1e-3
PAD = PadShape(0.018, 0.2)
THICKNESS_M = 0.030
UP = np.array([0.0, 0.0, 1.0])


def slab(young_pa: float = 20e3) -> SoftBack:
    return SoftBack(strip_mesh(FlatSurface(0.0, THICKNESS_M), np.zeros((1, 2)), PATCH), material(young_pa), PAD, DT_S)


def pose(depth_m: float, speed_m_s: float = 0.0, x_m: float = 0.0, vx_m_s: float = 0.0) -> Array:
    return np.array([x_m, 0.0, PAD.radius_m - depth_m, vx_m_s, 0.0, -speed_m_s, 0.0, 0.0, 0.0])


def lowered(back: SoftBack, depth_m: float, rest: int = 150) -> Array:
    """Press slowly to a depth, rest there, and return the wrenches of the rest (rest, 6)."""
    now_m = -0.001
    while now_m < depth_m:
        back.step(pose(now_m, 0.04))
        now_m += 0.04 * DT_S
    return np.array([back.step(pose(depth_m)) for _ in range(rest)])


def test_the_moment_of_friction_belongs_to_a_force_at_the_skin() -> None:
    back = slab()
    lowered(back, 0.008, 60)
    speed_m_s, ticks = 0.08, round(PATCH.fine_m / 0.08 / DT_S)
    path = [pose(0.008, 0.0, speed_m_s * DT_S * k, speed_m_s) for k in range(2 * ticks)]
    wrenches = np.array([back.step(at) for at in path])[ticks:]
    back.close()
    force, moment = wrenches[:, :3].mean(axis=0), wrenches[:, 3:].mean(axis=0)
    assert force[0] == pytest.approx(-PAD.friction * force[2], rel=0.25), "friction acts against the motion"
    lever_m = moment[1] / -force[0]
    assert 0.6 * PAD.radius_m < lever_m < 1.05 * PAD.radius_m
    assert np.abs(moment[[0, 2]]).max() < 0.25 * abs(moment[1]), "the rest is the unevenness of the mesh"


def test_two_runs_are_the_same_to_the_last_bit() -> None:
    first, second = (lowered(back, 0.005, 50) for back in (slab(), slab()))
    assert first.tobytes() == second.tobytes()


def test_a_person_who_rises_into_a_resting_pad_is_a_pad_that_comes_down() -> None:
    """The same relative motion, once by the pad and once by the person: the same wrench, and skin that went along."""
    wrenches, heights = [], []
    for share in (0.0, 1.0):
        back = PatchedBack(lambda x_m, y_m: Patch(slab(), np.zeros(2)), PAD, DT_S)
        for k in range(350):
            depth_m, down_m_s = -0.004 + 0.04e-3 * k, 0.04
            lift_m = share * (depth_m + 0.004)
            at = pose(depth_m - lift_m, (1.0 - share) * down_m_s)
            last = back.wrench(at, Spot(np.zeros(3), UP, depth_m, lift_m, share * down_m_s), k * DT_S)
        found = back.surface_m()
        assert found is not None
        heights.append(found[1][:, 2].max())
        wrenches.append(last)
        back.close()
    assert wrenches[0][2] > 15.0
    assert wrenches[1] == pytest.approx(wrenches[0], abs=1e-6)
    assert heights[1] - heights[0] == pytest.approx(0.0136, abs=1e-3)


def test_bone_stands_still_and_lets_go_of_nothing() -> None:
    back = slab()
    lowered(back, 0.008, 10)
    moved = back.nodes_m() - back.mesh.points_m
    assert np.abs(moved[back.mesh.anchored]).max() < 1e-9
    assert np.abs(moved[~back.mesh.anchored]).max() > 0.004
    back.close()


@pytest.mark.parametrize(
    "name",
    [
        "median_f",
        *(pytest.param(name, marks=pytest.mark.campaign) for name in ("elderly_f", "muscular_m", "stocky_f")),
    ],
)
def test_a_patch_presses_back_like_the_law_at_spine_muscle_and_shoulder(name: str) -> None:
    """Depths at 10, 20 and 40 N within a tenth and half a millimetre."""
    body = load_body(name)
    tissue, measures, calibration = (
        TissueMap.from_body(body, TYPICAL_PERSON, PAD.radius_m),
        Measures.of(body),
        load_calibration(),
    )
    places = ((measures.x("T9"), -0.03), (measures.x("L3"), 0.045), (measures.x("C7") - 0.01, -0.08))
    for x, offset in places:
        y = float(measures.spine.y(x)) + offset
        values = np.empty((LAYERS, 3))
        x0, y0, inverse_spacing = tissue.grid.tolist()
        evaluate_layers(tissue.layers, x0, y0, inverse_spacing, x, y, values)
        normal = np.array([-values[HEIGHT, 1], -values[HEIGHT, 2], 1.0])
        normal /= np.linalg.norm(normal)
        foot = np.array([x, y, values[HEIGHT, 0]])
        law = slow_curve(values[:, 0], CURVE_M)
        back = PatchMaker(tissue, PAD, DT_S, PATCH, calibration)(x, y).back
        depth_m, depths, forces = -0.001, [], []
        while depth_m < CURVE_M[-1] and (not forces or forces[-1] < 42.0):
            at = np.concatenate([foot + (PAD.radius_m - depth_m) * normal, -0.02 * normal, np.zeros(3)])
            forces.append(float(back.step(at)[:3] @ normal))
            depths.append(depth_m)
            depth_m += 0.02 * DT_S
        back.close()
        for force_n in (10.0, 20.0, 40.0):
            expected = float(np.interp(force_n, law, CURVE_M))
            found = float(np.interp(force_n, np.maximum.accumulate(forces), depths))
            assert abs(found - expected) <= 0.1 * expected + 0.5e-3, (name, x, force_n, found, expected)


def test_a_place_that_is_known_is_not_tried_again() -> None:
    body = load_body("median_f")
    tissue, measures = TissueMap.from_body(body, TYPICAL_PERSON, PAD.radius_m), Measures.of(body)
    maker = PatchMaker(tissue, PAD, DT_S, PATCH, load_calibration())
    x, y = measures.x("T9"), float(measures.spine.y(measures.x("T9"))) + 0.04
    first = maker.recipe(x, y)
    assert first.worst < 1.0
    assert maker.recipe(x + 0.9 * NEAR_M, y) is first
    assert maker.recipe(x, y - 1.1 * NEAR_M) is not first
    assert len(maker.recipes) == 2


def test_the_stored_calibration_is_what_a_press_gives() -> None:
    stored = load_calibration()
    press = stored.presses[4]
    found = press_slab(PATCH, PadShape(stored.pad_radius_m, 0.2), stored.dt_s, press.thickness_m)
    assert found.force_per_pa == pytest.approx(press.force_per_pa, rel=1e-6)


def test_modulus_and_thickness_are_found_again() -> None:
    calibration = load_calibration()
    unit = calibration.force_per_pa(0.7 * 0.040, CURVE_M)
    fit = calibration.fit(0.040, CURVE_M, 25e3 * unit)
    again = calibration.force_per_pa(fit.thickness_share * 0.040, CURVE_M) * fit.young_pa
    assert again[:30] == pytest.approx(25e3 * unit[:30], rel=0.12)
    assert fit.worst < 0.2
    assert len(fit.errors_m) == len(FITTED_N)


def test_every_place_of_every_body_can_be_fitted() -> None:
    calibration = load_calibration()
    for name in body_names():
        body = load_body(name)
        tissue, measures = TissueMap.from_body(body, TYPICAL_PERSON, PAD.radius_m), Measures.of(body)
        for x in np.linspace(measures.x("L5S1"), measures.x("C7"), 7):
            for offset in (-0.09, -0.05, -0.03, 0.0, 0.03, 0.05, 0.09):
                fit = fit_at(tissue, float(x), float(measures.spine.y(x)) + offset, calibration)
                assert 4e3 < fit.young_pa < 2e5
                # over the spine's ridge and the shoulder blade, 11 to 14 mm thick, the law bottoms out as no mesh does
                assert fit.worst < (1.0 if abs(offset) in (0.03, 0.05) else 3.0), (name, x, offset, fit)


def _followed(way_m: float, speed_m_s: float = 0.08) -> tuple[PatchedBack, Array]:
    """Let a pad come down, slide on at one depth, and lift; return the back and the forces (K, 3)."""
    mesh = FlatSurface(0.0, THICKNESS_M)

    def make(x_m: float, y_m: float) -> Patch:
        middle = np.array((x_m, y_m))
        return Patch(SoftBack(strip_mesh(mesh, middle[None], PATCH), material(20e3), PAD, DT_S), middle)

    back, forces, x_m = PatchedBack(make, PAD, DT_S), [], 0.0
    steps = [(-0.0059 + 0.0139 * k / 250, 0.0139 / 0.25, 0.0) for k in range(250)]
    steps += [(0.008, 0.0, speed_m_s)] * round(way_m / speed_m_s / DT_S)
    steps += [(0.008 - 0.022 * k / 200, -0.022 / 0.2, 0.0) for k in range(1, 201)]
    for tick, (depth_m, down_m_s, vx_m_s) in enumerate(steps):
        at = pose(depth_m, down_m_s, x_m, vx_m_s)
        spot = Spot(np.array([x_m, 0.0, 0.0]), UP, depth_m, 0.0)
        forces.append(back.wrench(at, spot, tick * DT_S)[:3])
        x_m += vx_m_s * DT_S
    return back, np.array(forces)


def test_patches_follow_the_pad_and_the_force_does_not_jump() -> None:
    back, forces = _followed(0.07)
    press = forces[:, 2]
    pressed = press[400:-250]
    assert [round(one.t_s, 1) for one in back.handovers] == [0.5, 0.8, 1.0]
    assert max(abs(one.after_n - one.before_n) for one in back.handovers) < 2.0
    assert np.abs(np.diff(pressed)).max() < 0.04 * pressed.mean(), "the force passes over in FADE_TICKS periods"
    assert FADE_TICKS >= 50
    assert np.ptp(pressed) < 0.2 * pressed.mean()
    assert back.surface_m() is None, "taken away above the skin"
    assert np.abs(forces[-20:]).max() == 0.0


def test_no_patch_is_laid_far_above_the_skin() -> None:
    laid: list[float] = []

    def make(x_m: float, y_m: float) -> Patch:
        laid.append(x_m)
        return Patch(slab(), np.zeros(2))

    back = PatchedBack(make, PAD, DT_S)
    for gap_m in (0.3, TAKE_AWAY_M + 1e-4, LAY_M + 1e-4):
        assert not back.wrench(pose(-gap_m), Spot(np.zeros(3), UP, -gap_m, 0.003), 0.0).any()
    assert laid == []
    back.wrench(pose(-LAY_M + 1e-4), Spot(np.zeros(3), UP, -LAY_M + 1e-4, 0.003), 0.0)
    assert laid == [0.0]
    back.close()


def test_broken_meshes_and_moduli_are_refused_before_bullet_sees_them() -> None:
    good = strip_mesh(FlatSurface(0.0, THICKNESS_M), np.zeros((1, 2)), PATCH)
    inverted = good.tets.copy()
    inverted[0, [0, 1]] = inverted[0, [1, 0]]
    empty = np.zeros((0, 4), dtype=np.int64)
    for tets in (inverted, empty, good.tets[1:].copy() * 0):
        mesh = TissueMesh(good.points_m, tets, good.skin_triangles, good.anchored, good.skin_nodes)
        with pytest.raises(MeshError):
            SoftBack(mesh, material(20e3), PAD, DT_S)
    for young_pa in (0.0, -1.0, float("nan"), 1e9):
        with pytest.raises(ConfigError, match="young_pa"):
            material(young_pa)


def test_a_pad_that_is_nowhere_is_an_error_and_no_force() -> None:
    back = slab()
    with pytest.raises(PlantError, match="no number"):
        back.step(np.full(9, np.nan))
    back.close()
    back.close()


def test_a_calibration_that_is_missing_or_broken_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="FileNotFoundError"):
        load_calibration(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text('{"pad_radius_m": NaN}', encoding="utf-8")
    with pytest.raises(ConfigError, match="ValidationError"):
        load_calibration(tmp_path / "bad.json")
    assert isinstance(load_calibration(), Calibration)


def test_nothing_reads_soft_contact_from_contact_points_or_joint_sensors() -> None:
    wrong = re.compile(r"getContactPoints|getClosestPoints|enableJointForceTorqueSensor|jointReactionForces")
    root = Path(__file__).parents[2]
    for package in ("sim", "controller", "workbench", "hardware", "trajectories", "urdf"):
        for path in (root / package).rglob("*.py"):
            assert not wrong.search(path.read_text(encoding="utf-8")), path

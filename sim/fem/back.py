"""The finite-element back of one person: patches made from the tissue map, as stiff as the calibration says."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.fem.calibration import DAMPING_S, Calibration, Fit, best_factor, load_calibration, material
from sim.fem.mesh import TissueMesh, strip_mesh
from sim.fem.mesh_settings import MeshSettings
from sim.fem.patched_back import PatchedBack
from sim.fem.soft_back import PadShape, SoftBack, refuse_unstable
from sim.fem.surface import MapSurface
from sim.tissue import EXPONENT, HEIGHT, LAYERS, STIFFNESS, THICKNESS, elastic_force
from sim.tissue_map import TissueMap
from sim.tissue_parameters import ramp_share
from trajectories.anatomy.spline import evaluate_layers

Array = NDArray[np.float64]

PATCH = MeshSettings(band_m=0.045, bone_m=0.0)
"""Patch around the pad: fine out to the pad's reach within it and one contact radius more. Bone under thin tissue is in
the calibration, by the thickness."""
CURVE_M = np.linspace(0.0, 0.030, 61)
"""Depths at which the law's curve is taken."""
TRIED_M_S, TRIED_N = 0.04, 50.0
"""Speed and end of the press that a fresh patch is tried with."""


def make_back(tissue: TissueMap, pad: PadShape, dt_s: float, settings: MeshSettings = PATCH) -> PatchedBack:
    """Return the back of one person.

    Args:
        tissue: the person's tissue.
        pad: the pad.
        dt_s: period [s].
        settings: of the patches; the calibration must be for them.

    Raises:
        ConfigError: there is no calibration, or the step is too long for the tissue.
    """
    refuse_unstable(DAMPING_S, dt_s)
    return PatchedBack(patch_maker(tissue, pad, dt_s, settings, load_calibration()), pad, dt_s)


def patch_maker(
    tissue: TissueMap, pad: PadShape, dt_s: float, settings: MeshSettings, calibration: Calibration
) -> Callable[[float, float, float], SoftBack]:
    """Return what lays a patch around x, y [m], lifted by so much [m]."""
    surface = MapSurface(tissue)

    def make(x_m: float, y_m: float, lift_m: float) -> SoftBack:
        values = layers_at(tissue, x_m, y_m)
        wanted = slow_curve(values[:, 0], CURVE_M)
        fit = calibration.fit(float(values[THICKNESS, 0]), CURVE_M, wanted)
        mesh = strip_mesh(_Thinned(surface, fit.thickness_share), np.array([[x_m, y_m]]), settings)
        tried = SoftBack(mesh, material(fit.young_pa), pad, dt_s)
        depths_m, forces_n = tried_curve(
            tried, np.array([x_m, y_m, values[HEIGHT, 0]]), upward_normal(values), pad, dt_s
        )
        tried.close()
        factor, _ = best_factor(depths_m, forces_n, CURVE_M, wanted)
        return SoftBack(_lifted(mesh, lift_m), material(factor * fit.young_pa), pad, dt_s)

    return make


def tried_curve(back: SoftBack, foot_w: Array, normal_w: Array, pad: PadShape, dt_s: float) -> tuple[Array, Array]:
    """Press a fresh patch once along the normal; return depths and forces (K,), both growing.

    Slabs know nothing of a skin that is hollow, or of bone that comes up beside the spine; this does.
    """
    depth_m, depths, forces = -1.0e-3, [], [0.0]
    pose = np.zeros(9)
    pose[3:6] = -TRIED_M_S * normal_w
    while depth_m < CURVE_M[-1] and forces[-1] < TRIED_N:
        pose[:3] = foot_w + (pad.radius_m - depth_m) * normal_w
        forces.append(float(back.step(pose, 0.0)[:3] @ normal_w))
        depths.append(depth_m)
        depth_m += TRIED_M_S * dt_s
    return np.array(depths), np.maximum.accumulate(forces[1:])


def fit_at(tissue: TissueMap, x_m: float, y_m: float, calibration: Calibration) -> Fit:
    """Return the patch that presses back most like the law's slow curve at a place."""
    values = layers_at(tissue, x_m, y_m)
    return calibration.fit(float(values[THICKNESS, 0]), CURVE_M, slow_curve(values[:, 0], CURVE_M))


def layers_at(tissue: TissueMap, x_m: float, y_m: float) -> Array:
    """Return the (``LAYERS``, 3) values of the tissue's layers at a place, with their slopes."""
    values = np.empty((LAYERS, 3))
    x0, y0, inverse_spacing = (float(value) for value in tissue.grid)
    evaluate_layers(tissue.layers, x0, y0, inverse_spacing, x_m, y_m, values)
    return values


def upward_normal(values: Array) -> Array:
    """Return the outward unit normal (3,) of the skin from the layers at a place."""
    normal = np.array([-values[HEIGHT, 1], -values[HEIGHT, 2], 1.0])
    return np.asarray(normal / np.linalg.norm(normal), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Thinned:
    """A surface with its tissue meshed thinner than it is."""

    whole: MapSurface
    share: float

    def height_m(self, x_m: Array, y_m: Array) -> Array:
        return self.whole.height_m(x_m, y_m)

    def thickness_m(self, x_m: Array, y_m: Array) -> Array:
        return self.share * self.whole.thickness_m(x_m, y_m)


def slow_curve(values: Array, depths_m: Array) -> Array:
    """Return the law's press force [N] of a press that takes about a second, at depths (D,), from its layers there."""
    reference_n, exponent, thickness_m = math.exp(values[STIFFNESS]), float(values[EXPONENT]), float(values[THICKNESS])
    instant = [elastic_force(float(depth), reference_n, exponent, thickness_m) for depth in depths_m]
    return float(ramp_share(exponent)) * np.array(instant, dtype=np.float64)


def _lifted(mesh: TissueMesh, lift_m: float) -> TissueMesh:
    points = mesh.points_m + np.array([0.0, 0.0, lift_m])
    return TissueMesh(points, mesh.tets, mesh.skin_triangles, mesh.anchored, mesh.skin_nodes)

"""Force and depth over mesh size and time step: the same press and slide on ever finer meshes and shorter steps.

The third opinion beside it is linear elasticity by another program on the very same mesh: the force that brings its
skin as low as the engine's. The engine's pad feels more than the tissue gets, by 1.0 to 1.3 (its contact hands 75 to
98 % on), so a ratio in that range is agreement, once the cells are small enough for contact at the nodes.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.fem.back import CURVE_M, PatchMaker, layers_at, slow_curve, tried_curve, upward_normal
from sim.fem.calibration import DAMPING_S, load_calibration, material
from sim.fem.elasticity import press_curve
from sim.fem.mesh import strip_mesh
from sim.fem.mesh_settings import MeshSettings
from sim.fem.soft_back import PadShape, SoftBack
from sim.fem.surface import FlatSurface
from sim.person.contact_law import HEIGHT
from sim.person.parameters import TYPICAL_PERSON
from sim.person.tissue_map import TissueMap
from trajectories.anatomy.back import Back
from trajectories.anatomy.body import load_body
from trajectories.anatomy.skin import Skin
from workbench.campaigns.tissue.presses import FRICTION
from workbench.campaigns.tissue.strokes import place_xy

Array = NDArray[np.float64]

THICKNESS_M, YOUNG_PA = 0.030, 20.0e3
"""The slab, and its modulus on every mesh (assumed: a mid-muscle back)."""
DEPTHS_M = (0.002, 0.004, 0.006, 0.008, 0.010, 0.012)
PRESS_M_S, REST_S = 0.10, 0.040
SLIDE_DEPTH_M, SLIDE_M_S, SLIDE_CELLS = 0.008, 0.08, 2.0
BODY, PLACE = "median_f", "mid-muscle"
"""Where a patch of each mesh is fitted to the law."""
FORCES_N = (10.0, 20.0, 40.0)
STEPS_S = (2.5e-4, 5e-4, 1e-3, 2e-3)


@dataclass(frozen=True, slots=True)
class MeshTask:
    """One mesh at one step.

    Attributes:
        name: for tables.
        settings: of the mesh.
        dt_s: step.
        pad_radius_m: radius of the pad.
        is_slid: slide, too.
        is_fitted: fit a patch to the law on a real body, too.
    """

    name: str
    settings: MeshSettings
    dt_s: float
    pad_radius_m: float
    is_slid: bool = True
    is_fitted: bool = True


@dataclass(frozen=True, slots=True)
class Slide:
    """What a pad feels that slides over some cells.

    Attributes:
        mean_n: mean press force.
        ripple_n: its standard deviation.
        friction: force against the motion over press force.
    """

    mean_n: float
    ripple_n: float
    friction: float


@dataclass(frozen=True, slots=True)
class MeshResult:
    """What one mesh at one step gives.

    Attributes:
        task: mesh and step.
        nodes, tets: of the mesh.
        forces_n: press forces at rest at ``DEPTHS_M``.
        noise_n: standard deviation of the last one.
        linear_n: third opinion at ``DEPTHS_M`` of the engine's skin.
        slide: while sliding, None where it was not slid.
        fitted_mm: depths at ``FORCES_N`` of a patch fitted to the law; empty where none was.
        law_mm: depths of the law there.
        step_ms: processor time of a step under load.
    """

    task: MeshTask
    nodes: int
    tets: int
    forces_n: tuple[float, ...]
    noise_n: float
    linear_n: tuple[float, ...]
    slide: Slide | None
    fitted_mm: tuple[float, ...]
    law_mm: tuple[float, ...]
    step_ms: float

    @property
    def passed_on(self) -> tuple[float, ...]:
        """Third opinion over the engine's force: the share that the contact hands on to the tissue."""
        return tuple(linear / force for linear, force in zip(self.linear_n, self.forces_n, strict=True))


def mesh_tasks(pad_radius_m: float) -> tuple[MeshTask, ...]:
    """Return the meshes, coarsest first, then the steps on the recommended one."""
    # an even number of cells in the band, so that the pad comes down on a node of every mesh
    sizes = ((30, 2, 0.060), (22.5, 2, 0.045), (15, 3, 0.045), (11.25, 4, 0.045), (7.5, 5, 0.030), (6, 6, 0.030))
    meshes = [
        MeshTask(
            f"{size:g} mm",
            MeshSettings(fine_m=1e-3 * size, layers=layers, band_m=band, bone_m=0.0),
            1e-3,
            pad_radius_m,
            is_slid=band > 0.03,
            is_fitted=band > 0.03,
        )
        for size, layers, band in sizes
    ]
    middle = meshes[2]
    steps = [replace(middle, name=f"{1e3 * dt_s:g} ms", dt_s=dt_s, is_fitted=False) for dt_s in STEPS_S]
    return (*meshes, *steps)


def measure(task: MeshTask) -> MeshResult:
    """Press a slab to ``DEPTHS_M``, slide over it, ask the third opinion, and fit a patch on a real body."""
    mesh = strip_mesh(FlatSurface(0.0, THICKNESS_M), np.zeros((1, 2)), task.settings)
    damped = replace(material(YOUNG_PA), damping_s=max(DAMPING_S, 0.5 * task.dt_s))
    pad = PadShape(task.pad_radius_m, FRICTION)
    back = SoftBack(mesh, damped, pad, task.dt_s)
    began_s = time.process_time()
    probe = _Probe(back, pad, task.dt_s)
    rests, dips = zip(*(probe.press(depth_m) for depth_m in DEPTHS_M), strict=True)
    step_ms = 1e3 * (time.process_time() - began_s) / probe.steps
    slide = _Probe(back, pad, task.dt_s, DEPTHS_M[-1]).slide(task.settings.fine_m) if task.is_slid else None
    back.close()
    linear_n = press_curve(mesh, damped, (0.0, 0.0), pad.radius_m, dips)
    fitted_mm, law_mm = _fitted(task, pad) if task.is_fitted else ((), ())
    return MeshResult(
        task=task,
        nodes=back.quality.nodes,
        tets=back.quality.tets,
        forces_n=tuple(float(rest.mean()) for rest in rests),
        noise_n=float(rests[-1].std()),
        linear_n=tuple(linear_n.tolist()),
        slide=slide,
        fitted_mm=fitted_mm,
        law_mm=law_mm,
        step_ms=step_ms,
    )


class _Probe:
    """The pad over the middle of a slab."""

    def __init__(self, back: SoftBack, pad: PadShape, dt_s: float, depth_m: float = -1e-3) -> None:
        self._back, self._radius_m, self._dt_s = back, pad.radius_m, dt_s
        self._depth_m = depth_m
        self.steps = 0

    def press(self, depth_m: float) -> tuple[Array, float]:
        """Go to a depth and rest; return the forces of the later half of the rest, and how low the skin is [m]."""
        while abs(depth_m - self._depth_m) > 1e-9:
            way = float(np.clip(depth_m - self._depth_m, -PRESS_M_S * self._dt_s, PRESS_M_S * self._dt_s))
            self._step(0.0, 0.0, -way / self._dt_s)
            self._depth_m += way
        rest = np.array([self._step(0.0, 0.0, 0.0)[2] for _ in range(round(REST_S / self._dt_s))])
        skin = self._back.nodes_m()[self._back.mesh.skin_nodes, 2]
        return rest[len(rest) // 2 :], -float(skin.min())

    def slide(self, cell_m: float) -> Slide:
        """Go to ``SLIDE_DEPTH_M`` and slide on; take the last ``SLIDE_CELLS`` cells of this size, or less."""
        self.press(SLIDE_DEPTH_M)
        way_m = min(SLIDE_CELLS * cell_m, 0.030)
        ticks = math.ceil(way_m / (SLIDE_M_S * self._dt_s))
        path = [self._step(k * SLIDE_M_S * self._dt_s, SLIDE_M_S, 0.0) for k in range(math.ceil(1.3 * ticks))]
        wrenches = np.array(path[-ticks:])
        mean_n = float(wrenches[:, 2].mean())
        return Slide(mean_n, float(wrenches[:, 2].std()), float(-wrenches[:, 0].mean()) / mean_n)

    def _step(self, x_m: float, vx_m_s: float, vz_m_s: float) -> Array:
        self.steps += 1
        pose = (x_m, 0.0, self._radius_m - self._depth_m, vx_m_s, 0.0, vz_m_s, 0.0, 0.0, 0.0)
        return self._back.step(np.array(pose))


def _fitted(task: MeshTask, pad: PadShape) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the depths at ``FORCES_N`` of a patch on a body, and those of the law."""
    body = load_body(BODY)
    tissue = TissueMap.from_body(body, TYPICAL_PERSON, pad.radius_m)
    x_m, y_m = place_xy(Back.of(body, Skin.from_body(body)), PLACE)
    values = layers_at(tissue, x_m, y_m)
    back = PatchMaker(tissue, pad, task.dt_s, task.settings, load_calibration())(x_m, y_m).back
    foot_w = np.array([x_m, y_m, values[HEIGHT, 0]])
    depths_m, forces_n = tried_curve(back, foot_w, upward_normal(values), pad, task.dt_s)
    back.close()
    law_n = slow_curve(values[:, 0], CURVE_M)
    fitted = 1e3 * np.interp(FORCES_N, forces_n, depths_m)
    return tuple(fitted.tolist()), tuple((1e3 * np.interp(FORCES_N, law_n, CURVE_M)).tolist())

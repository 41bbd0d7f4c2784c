"""One patch of tissue in PyBullet's deformable world, and the pad that presses it.

The world of the arm and the world of the tissue are stepped in turn (co-simulation, ADR 7). Here the pad is a sphere
so heavy that the tissue cannot slow it within a period; it is placed and given its speed anew in every period, so it
moves exactly as the arm's pad does. Bone stands still: a person who moves is a pad that moves the other way, so the
inertia of the dent is left out then. What the tissue does to the pad is the change of its momentum,
``F = m (v+ - v-) / dt`` and ``M = I (w+ - w-) / dt``: the whole wrench, and no reading of contacts or joints, which are
wrong for soft contact in this engine.

The tissue is without weight: the skin of the body files was measured with it, so a mesh of that shape is at rest.
"""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controller.errors import ConfigError, PlantError
from sim.bullet.engine import pybullet
from sim.bullet.quiet import silenced_output
from sim.fem.material import Material
from sim.fem.mesh import TissueMesh
from sim.fem.mesh_file import write_mesh_file
from sim.fem.mesh_quality import check_mesh

Array = NDArray[np.float64]

PAD_MASS_KG = 200.0
"""Mass of the driven pad: 60 N slow it by 0.3 mm/s within a period. The force was 1 % lower with 20 kg, 10 % with 1."""
MARGIN_M = 0.002
"""Collision margin: Bullet's skin stands out by so much, and the driven sphere is smaller by so much."""
FRICTION_SHARE = 1.22
"""Measured friction coefficient over the product that Bullet is given: 16 slides over flat slabs, 1.11 to 1.37."""
UNREACHABLE_M = 0.5
"""Node farther than this from where it began: the solution has blown up (assumed)."""


@dataclass(frozen=True, slots=True)
class PadShape:
    """The spherical pad as the tissue meets it.

    Attributes:
        radius_m: radius, 5 to 50 mm: well above Bullet's margin, well below a patch.
        friction: friction coefficient on skin, 0 to 2.

    Raises:
        ConfigError: a value is out of its range or not finite.
    """

    radius_m: float
    friction: float

    def __post_init__(self) -> None:
        """Refuse what no patch can be pressed with."""
        if not 0.005 <= self.radius_m <= 0.05:
            raise ConfigError("pad on soft tissue", f"a radius of {1e3 * self.radius_m:g} mm", "5 to 50 mm")
        if not 0.0 <= self.friction <= 2.0:
            raise ConfigError("pad on soft tissue", f"a friction coefficient of {self.friction:g}", "0 to 2")


def refuse_unstable(damping_s: float, dt_s: float) -> None:
    """Refuse a step that some mesh would blow up at; see ``elasticity.longest_step_s`` for why half of it is enough.

    The exact limit of a mesh is longer, but to find it takes 60 % of the time to make the patch.

    Raises:
        ConfigError: the step is more than twice the damping, or no number above 0.
    """
    if not 0.0 < dt_s <= 2.0 * damping_s:
        got = f"{1e3 * dt_s:g} ms with a damping of {1e3 * damping_s:g} ms"
        raise ConfigError("step of the soft tissue", got, "above 0, at most twice the damping", "use a shorter step")


class SoftBack:
    """One patch of tissue and the driven pad, in a physics world of their own.

    Args:
        mesh: the patch, in W; checked here, since Bullet ends the interpreter on a broken one.
        material: its elasticity.
        pad: the pad.
        dt_s: period [s].

    Raises:
        ConfigError: the step is too long for the damping.
        MeshError: the mesh is none.
        PlantError: Bullet does not take it.
    """

    def __init__(self, mesh: TissueMesh, material: Material, pad: PadShape, dt_s: float) -> None:
        refuse_unstable(material.damping_s, dt_s)
        self.mesh, self.quality, self.material = mesh, check_mesh(mesh), material
        self._dt_s = dt_s
        self._world: int = pybullet.connect(pybullet.DIRECT)
        self._set("resetSimulation", pybullet.RESET_USE_DEFORMABLE_WORLD)
        self._set("setGravity", 0.0, 0.0, 0.0)
        self._set("setTimeStep", dt_s)
        self._tissue = self._load(material, pad.friction)
        self._pad = self._make_pad(pad)
        inertia = self._set("getDynamicsInfo", self._pad, -1)[2]
        self._inertia: Array = np.array((PAD_MASS_KG,) * 3 + tuple(inertia)) / dt_s
        least, most = mesh.points_m.min(axis=0) - UNREACHABLE_M, mesh.points_m.max(axis=0) + UNREACHABLE_M
        self._reach: list[float] = np.column_stack([least, most]).ravel().tolist()

    def step(self, pad: Array) -> Array:
        """Let one period pass and return what the tissue did to the pad in it.

        Args:
            pad: (9,) centre [m], velocity [m/s], angular velocity [rad/s] of the pad against the bone, at the period's
                beginning; axes of W.

        Returns:
            (6,) mean force on the pad [N] and moment about its centre [Nm], axes of W.

        Raises:
            PlantError: a number is none, on which Bullet ends the interpreter, or the tissue's solution has blown up.
        """
        x, y, z, vx, vy, vz, wx, wy, wz = motion = pad.tolist()
        if not math.isfinite(sum(motion)):
            raise PlantError("soft tissue: motion of the pad is no number", "report this with the record")
        world = self._world
        pybullet.resetBasePositionAndOrientation(self._pad, (x, y, z), (0.0, 0.0, 0.0, 1.0), world)
        pybullet.resetBaseVelocity(self._pad, (vx, vy, vz), (wx, wy, wz), physicsClientId=world)
        pybullet.stepSimulation(physicsClientId=world)
        (ux, uy, uz), (ax, ay, az) = pybullet.getBaseVelocity(self._pad, physicsClientId=world)
        change = np.array((ux - vx, uy - vy, uz - vz, ax - wx, ay - wy, az - wz))
        wrench: Array = self._inertia * change
        if not np.isfinite(wrench).all():
            raise PlantError("soft tissue: force on the pad is no number", "use a smaller step or a coarser mesh")
        if not self._is_near():
            raise PlantError("soft tissue: a node went out of reach", "use a smaller step or a coarser mesh")
        return wrench

    def _is_near(self) -> bool:
        """Return False once a node has gone far: a tissue that has blown up may press with no force at all."""
        (x0, y0, z0), (x1, y1, z1) = pybullet.getAABB(self._tissue, -1, self._world)
        left, right, bottom, top, low, high = self._reach
        is_near: bool = left <= x0 and x1 <= right and bottom <= y0 and y1 <= top
        return is_near and low <= z0 and z1 <= high

    def nodes_m(self) -> Array:
        """Return the (N, 3) present nodes, bone where the mesh has it, in the order of the mesh.

        Raises:
            PlantError: the tissue's solution has blown up.
        """
        data = self._set("getMeshData", self._tissue, -1, flags=pybullet.MESH_DATA_SIMULATION_MESH)
        nodes: Array = np.array(data[1], dtype=np.float64)
        far = np.abs(nodes - self.mesh.points_m).max()
        if not far < UNREACHABLE_M:
            raise PlantError(f"soft tissue: a node went {far:.2g} m", "use a smaller step or a coarser mesh")
        return nodes

    def close(self) -> None:
        """Close the world; never raises."""
        if self._world >= 0:
            with silenced_output():
                pybullet.disconnect(physicsClientId=self._world)
        self._world = -1

    def _load(self, material: Material, friction: float) -> int:
        numbers = material.bullet()
        volume_m3 = _volume(self.mesh)
        with tempfile.TemporaryDirectory(prefix="massage-arm-mesh-") as folder:
            path = write_mesh_file(self.mesh.points_m, self.mesh.tets, Path(folder))
            with silenced_output():
                tissue: int = pybullet.loadSoftBody(
                    str(path),
                    basePosition=(0.0, 0.0, 0.0),
                    mass=material.density_kg_m3 * volume_m3,
                    scale=1.0,
                    useNeoHookean=1,
                    NeoHookeanMu=numbers.mu_pa,
                    NeoHookeanLambda=numbers.lambda_pa,
                    NeoHookeanDamping=numbers.damping_s,
                    collisionMargin=MARGIN_M,
                    frictionCoeff=friction / FRICTION_SHARE,
                    useSelfCollision=0,
                    useFaceContact=1,
                    useMassSpring=0,
                    repulsionStiffness=100.0,
                    physicsClientId=self._world,
                )
        for node in np.flatnonzero(self.mesh.anchored).tolist():
            # to the world, not to a body: a node without weight costs the solver nothing, an anchor does
            self._set("createSoftBodyAnchor", tissue, node, -1, -1)
        self._set("changeDynamics", tissue, -1, activationState=pybullet.ACTIVATION_STATE_DISABLE_SLEEPING)
        return tissue

    def _make_pad(self, pad: PadShape) -> int:
        shape = self._set("createCollisionShape", pybullet.GEOM_SPHERE, radius=pad.radius_m - MARGIN_M)
        top_m = float(self.mesh.points_m[:, 2].max()) + 10.0 * pad.radius_m
        body: int = self._set("createMultiBody", PAD_MASS_KG, shape, -1, (0.0, 0.0, top_m))
        # one property per call: Bullet drops some that are given together
        self._set("changeDynamics", body, -1, linearDamping=0.0)
        self._set("changeDynamics", body, -1, angularDamping=0.0)
        self._set("changeDynamics", body, -1, lateralFriction=1.0)
        self._set("changeDynamics", body, -1, activationState=pybullet.ACTIVATION_STATE_DISABLE_SLEEPING)
        return body

    def _set(self, call: str, *values: object, **named: object) -> Any:
        """Call PyBullet for this world.

        Raises:
            PlantError: PyBullet refuses.
        """
        try:
            return getattr(pybullet, call)(*values, **named, physicsClientId=self._world)
        except pybullet.error as error:
            raise PlantError(f"PyBullet refused {call} ({error})", "report this with the record") from error


def _volume(mesh: TissueMesh) -> float:
    corners = mesh.points_m[mesh.tets]
    edges = corners[:, 1:] - corners[:, :1]
    return float(np.linalg.det(edges).sum() / 6.0)

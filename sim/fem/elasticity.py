"""Small-strain elasticity of a tissue mesh, independent of the physics engine: a third opinion about forces.

Linear elements by scikit-fem (Gustafsson and McBain, JOSS 5(52):2369, 2020), a rigid sphere by complementarity at the
nodes of the skin. It knows neither large strains nor the engine's contact and shares its stiffness of coarse cells. The
engine presses faces, and from a few millimetres off the pad (its collision margins); so compare forces at the same
displacement of the skin, not at the same way of the pad, and presses on cells well below the radius of the pad.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import nnls
from scipy.sparse import csc_array
from scipy.sparse.linalg import eigsh, splu
from skfem import Basis, ElementTetP1, ElementVector, MeshTet, asm
from skfem.models.elasticity import linear_elasticity

from controller.errors import MeshError
from sim.fem.material import Material
from sim.fem.mesh import TissueMesh
from sim.fem.mesh_quality import volumes_m3

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


def stiffness(mesh: TissueMesh, material: Material) -> csc_array:
    """Return the (3N, 3N) stiffness matrix [N/m]; displacement ``3 node + axis``."""
    lame = material.lame()
    basis = Basis(
        MeshTet(np.ascontiguousarray(mesh.points_m.T), np.ascontiguousarray(mesh.tets.T)), ElementVector(ElementTetP1())
    )
    matrix = asm(linear_elasticity(lame.first_pa, lame.shear_pa), basis)
    order = basis.nodal_dofs.T.ravel()
    return csc_array(csc_array(matrix)[order][:, order])


def press_curve(
    mesh: TissueMesh, material: Material, centre_xy_m: tuple[float, float], radius_m: float, depths_m: ArrayLike
) -> Array:
    """Return the forces [N] with which a rigid, frictionless sphere has to be pressed straight down.

    Args:
        mesh: the tissue; its weight is left out.
        material: the tissue's.
        centre_xy_m: x and y of the sphere in K, over the skin of the mesh.
        radius_m: radius of the sphere.
        depths_m: (D,) way of its lowest point below the skin as meshed, positive.

    Raises:
        MeshError: the sphere is not over the skin, or a depth or the radius is not a number above 0.
    """
    depths = np.asarray(depths_m, dtype=np.float64)
    if not (depths.ndim == 1 and (depths > 0.0).all() and np.isfinite(depths).all() and 0.0 < radius_m < math.inf):
        raise MeshError("press on a mesh", f"radius {radius_m:g} m, depths {depths.tolist()} m", "finite, above 0 m")
    centre = np.asarray(centre_xy_m, dtype=np.float64)
    surface = skin_height(mesh, centre)
    skin = np.flatnonzero(mesh.skin_nodes & ~mesh.anchored)
    squared = radius_m**2 - ((mesh.points_m[skin, :2] - centre) ** 2).sum(axis=1)
    nodes = skin[squared > 0.0]
    if nodes.size == 0:
        raise MeshError("press on a mesh", "no free skin node under the sphere", "at least one", "use smaller cells")
    below = radius_m - np.sqrt(squared[squared > 0.0])
    overlap = mesh.points_m[nodes, 2] - surface - below
    triangle = np.asarray(np.linalg.cholesky(_compliance(mesh, material, nodes)).T, dtype=np.float64)
    return np.array([_press(triangle, overlap + depth) for depth in depths.tolist()])


def skin_height(mesh: TissueMesh, xy_m: Array) -> float:
    """Return z of the meshed skin at a place (2,).

    Raises:
        MeshError: no skin triangle is there.
    """
    corners = mesh.points_m[mesh.skin_triangles]
    a, b, c = (corners[:, k, :2] for k in range(3))
    double_area = _cross(b - a, c - a)
    weights = np.stack([_cross(b - xy_m, c - xy_m), _cross(c - xy_m, a - xy_m), _cross(a - xy_m, b - xy_m)], axis=1)
    weights /= double_area[:, None]
    inside = weights.min(axis=1)
    best = int(np.argmax(inside))
    if not inside[best] > -1e-9:
        got = f"a place at x {xy_m[0]:.3f}, y {xy_m[1]:.3f} m"
        raise MeshError("press on a mesh", got, "a place over the skin of the mesh", "mesh the tissue there")
    return float(weights[best] @ corners[best, :, 2])


def longest_step_s(mesh: TissueMesh, material: Material) -> float:
    """Return the longest stable step of elastic forces that are explicit and damping that is implicit, as in PyBullet.

    A mode of angular frequency w then obeys ``v+ (1 + dt d w^2) = v - dt w^2 x, x+ = x + dt v+``, which is stable while
    ``w^2 (dt^2 - 2 d dt) < 4``; so a damping of half the step holds any mesh. Small strains: stay well below it.
    PyBullet's damping is 1.2 to 1.3 times ``damping_s``, as it takes its own mu and lambda for viscosities, so it holds
    a little longer (on a back at 1 ms: blows up at 0.3 ms of damping, holds at 0.4 ms, measured).
    """
    damping, frequency = material.damping_s, largest_frequency_rad_s(mesh, material)
    return damping + math.sqrt(damping**2 + 4.0 / frequency**2)


def largest_frequency_rad_s(mesh: TissueMesh, material: Material) -> float:
    """Return the largest natural angular frequency with every node of the same mass, as PyBullet gives them."""
    free = np.repeat(~mesh.anchored, 3)
    matrix = stiffness(mesh, material)[free][:, free]
    node_mass = material.density_kg_m3 * float(volumes_m3(mesh.points_m, mesh.tets).sum()) / len(mesh.points_m)
    start = np.random.default_rng(0).normal(size=matrix.shape[0])
    largest = eigsh(matrix, k=1, which="LA", v0=start, tol=1e-4, return_eigenvectors=False)
    return math.sqrt(float(largest[0]) / node_mass)


def _compliance(mesh: TissueMesh, material: Material, nodes: Indices) -> Array:
    """Return the symmetric (n, n) displacement along z of nodes per force along z on nodes [m/N]."""
    free = np.flatnonzero(np.repeat(~mesh.anchored, 3))
    matrix = stiffness(mesh, material)[free][:, free]
    rows = np.searchsorted(free, 3 * nodes + 2)
    loads = np.zeros((len(free), len(nodes)))
    loads[rows, np.arange(len(nodes))] = 1.0
    factors = splu(
        csc_array(matrix), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
    )
    moved = factors.solve(loads)[rows]
    return np.asarray(0.5 * (moved + moved.T))


def _press(triangle: Array, overlap: Array) -> float:
    """Return the force that removes the overlap (n,).

    Nodal forces f >= 0 with C f >= overlap, one of both equal at each node: that is the least of
    ``f' C f / 2 - overlap' f`` over f >= 0, with ``C = T' T`` a least-squares problem that an active set solves exactly
    (Lawson and Hanson 1974, chapter 23).
    """
    if not (overlap > 0.0).any():
        return 0.0
    forces, _ = nnls(triangle, np.linalg.solve(triangle.T, overlap))
    return float(forces.sum())


def _cross(a: Array, b: Array) -> Array:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])

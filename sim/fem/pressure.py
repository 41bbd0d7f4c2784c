"""The pressure in the tissue, from how its tetrahedra are deformed: for pictures, never for a force on the pad.

Under a body that rests on a slab with 14 N these stresses carry 10.6 N to the bone (measured): what the engine's soft
contact does to the pad is more than its elastic forces. The force on the pad is what the tissue was fitted to.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from sim.fem.material import Material
from sim.fem.mesh import TissueMesh
from sim.fem.mesh_quality import volumes_m3

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

LEAST_VOLUME_SHARE = 0.1
"""Volume over volume at rest that is divided by at least: what is crushed flat or turned inside out has no pressure
(assumed; a press of 24 N on a slab of 30 mm leaves 0.48)."""


def deformation_gradients(rest_m: Array, present_m: Array, tets: Indices) -> Array:
    """Return the deformation gradient F (M, 3, 3) of every tetrahedron.

    Args:
        rest_m: (N, 3) nodes at rest.
        present_m: (N, 3) nodes now.
        tets: (M, 4) nodes of the tetrahedra.
    """
    before, now = ((nodes[tets[:, 1:]] - nodes[tets[:, :1]]) for nodes in (rest_m, present_m))
    # an edge is a row: now = before F'
    return np.asarray(np.swapaxes(np.linalg.solve(before, now), 1, 2), dtype=np.float64)


def pressure_pa(gradients: Array, material: Material) -> Array:
    """Return the hydrostatic Cauchy pressure (M,) of Bullet's law at deformation gradients (M, 3, 3), without damping.

    With ``sigma = P F' / J`` and the P of ``Material.bullet`` it is
    ``-tr(sigma) / 3 = 0.75 mu - lambda (J - 1) - mu (1 - 1/(I + 1)) I / (3 J)``, I = tr(F'F).
    """
    numbers = material.bullet()
    squares = np.einsum("mij,mij->m", gradients, gradients)
    volume = np.linalg.det(gradients)
    shear = numbers.mu_pa * (1.0 - 1.0 / (squares + 1.0)) * squares / (3.0 * np.maximum(volume, LEAST_VOLUME_SHARE))
    return np.asarray(0.75 * numbers.mu_pa - numbers.lambda_pa * (volume - 1.0) - shear, dtype=np.float64)


def skin_pressure_pa(mesh: TissueMesh, material: Material, present_m: Array) -> Array:
    """Return the pressure (S,) under the skin nodes, in their order.

    It is a mean over the tetrahedra by volume and distance, a Gaussian as wide as those that meet at the node are far:
    pressures of single linear tetrahedra jump from one to the next. A mean over those that meet there would be aside by
    half a cell, since all six of a cell meet at one of its upper corners and two at the others.

    Args:
        mesh: the tissue at rest.
        material: its elasticity.
        present_m: (N, 3) nodes now.
    """
    pressure = pressure_pa(deformation_gradients(mesh.points_m, present_m, mesh.tets), material)
    centres = mesh.points_m[mesh.tets].mean(axis=1)
    count, reach = np.zeros(len(mesh.points_m)), np.zeros(len(mesh.points_m))
    for corner in range(4):
        np.add.at(count, mesh.tets[:, corner], 1.0)
        np.add.at(reach, mesh.tets[:, corner], np.linalg.norm(mesh.points_m[mesh.tets[:, corner]] - centres, axis=1))
    skin = mesh.skin_nodes
    away = cdist(mesh.points_m[skin], centres) / (reach / count)[skin][:, None]
    share = np.exp(-0.5 * away**2) * volumes_m3(mesh.points_m, mesh.tets)
    return np.asarray(share @ pressure / share.sum(axis=1), dtype=np.float64)

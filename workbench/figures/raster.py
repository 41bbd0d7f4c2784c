"""A small software renderer: triangles to pixels with a depth buffer, one lamp with soft shadow, no display needed.

Everything is done in a fixed order, so the same scene gives the same pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.figures.mesh import Mesh
from workbench.figures.raster_kernel import blended, draw_triangles, lit_shares, shaded, turn_to_camera

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

SUPERSAMPLING = 2
_SHADOW_SIZE = 1400
"""Largest depth buffer of the lamp; a small picture needs no more than its own width."""
_SHADOW_BIAS_M = 0.006
_LIGHTS = np.array([0.50, 0.62, 0.06])
"""Strength of sky, lamp and gloss."""
_SHADES = 127
"""Steps of each colour: half of what a screen has, not seen, and the files are a third smaller."""
_SHADOW_REACH = 3


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """A camera.

    Attributes:
        eye_m: where it is, (3,).
        target_m: what it looks at, (3,).
        up: what is up in the picture, (3,).
        width: pixels.
        height: pixels.
        pixels_per_unit: focal length in pixels of a perspective camera, pixels a metre of a parallel one.
        is_parallel: True for a parallel projection.
    """

    eye_m: Array
    target_m: Array
    up: Array
    width: int
    height: int
    pixels_per_unit: float
    is_parallel: bool = False

    def axes(self) -> Array:
        """Return right, down and forward of the picture as rows (3, 3)."""
        forward = self.target_m - self.eye_m
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, self.up)
        right = right / np.linalg.norm(right)
        return np.stack([right, np.cross(forward, right), forward])

    def project(self, points_m: Array) -> Array:
        """Return column, row and nearness (N, 3) of points (N, 3); nearness grows toward the camera.

        Nearness is affine over the picture of a plane: one over depth in perspective, minus depth in parallel.
        """
        seen = (points_m - self.eye_m) @ self.axes().T
        scale = np.full(len(seen), self.pixels_per_unit)
        nearness = -seen[:, 2]
        if not self.is_parallel:
            nearness = 1.0 / np.maximum(seen[:, 2], 1e-3)
            scale = scale * nearness
        return np.stack([self.width / 2.0 + scale * seen[:, 0], self.height / 2.0 + scale * seen[:, 1], nearness], 1)

    def scaled(self, factor: int) -> Camera:
        """Return the same view with more pixels."""
        return Camera(
            self.eye_m, self.target_m, self.up, factor * self.width, factor * self.height,
            factor * self.pixels_per_unit, self.is_parallel,
        )  # fmt: skip


def render(mesh: Mesh, camera: Camera, to_lamp: Array, background: Array) -> Array:
    """Return the picture of a mesh (height, width, 3), 0 to 1.

    Args:
        mesh: what is seen.
        camera: from where.
        to_lamp: unit vector (3,) toward the lamp, which is far away.
        background: colour (3,) where nothing is seen.
    """
    fine = camera.scaled(SUPERSAMPLING)
    face, weights, _ = _visible(mesh, fine)
    shown = face >= 0
    corners, share = mesh.faces[face[shown]], weights[shown]
    points, normals, tints = (blended(each, corners, share) for each in (mesh.vertices_m, mesh.normals, mesh.colors))
    toward = turn_to_camera(normals, points, fine.eye_m)
    lit = _lit(mesh, points + 0.002 * normals, to_lamp, min(_SHADOW_SIZE, 2 * fine.width))
    image = np.tile(background, (len(face), 1))
    image[shown] = shaded(tints, normals, toward, lit, to_lamp, _LIGHTS)
    image = image.reshape(camera.height, SUPERSAMPLING, camera.width, SUPERSAMPLING, 3)
    return np.asarray(np.round(image.mean(axis=(1, 3)) * _SHADES) / _SHADES)


def _lit(mesh: Mesh, points: Array, to_lamp: Array, size: int) -> Array:
    """Return which share of the lamp each point (N, 3) sees, from a depth buffer of ``size`` squared at the lamp."""
    middle = 0.5 * (mesh.vertices_m.min(axis=0) + mesh.vertices_m.max(axis=0))
    radius = float(np.linalg.norm(mesh.vertices_m - middle, axis=1).max())
    up = np.array([1.0, 0.0, 0.0])
    eye = middle + 2.0 * radius * to_lamp
    lamp = Camera(eye, middle, up, size, size, size / (2.0 * radius), is_parallel=True)
    nearest = _visible(mesh, lamp)[2].reshape(size, size)
    seen = lamp.project(points)
    seen[:, 2] += _SHADOW_BIAS_M
    return lit_shares(nearest, seen, _SHADOW_REACH)


def _visible(mesh: Mesh, camera: Camera) -> tuple[Indices, Array, Array]:
    """Return the face seen in every pixel, -1 for none, its corners' weights and its nearness, flat."""
    corners = camera.project(mesh.vertices_m)[mesh.faces]
    return draw_triangles(corners, mesh.cut_m[mesh.faces], camera.is_parallel, camera.width, camera.height)

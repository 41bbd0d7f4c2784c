"""A small software renderer: triangles to pixels with a depth buffer, one lamp with soft shadow, no display needed.

Everything is NumPy in a fixed order, so the same scene gives the same pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.figures.mesh import Mesh

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

SUPERSAMPLING = 2
_CHUNK_PIXELS = 200_000
"""Candidate pixels looked at together; bounds the memory."""
_SHADOW_SIZE = 1400
"""Largest depth buffer of the lamp; a small picture needs no more than its own width."""
_SHADOW_BIAS_M = 0.006
_AMBIENT = 0.50
_SHADES = 127
"""Steps of each colour: half of what a screen has, not seen, and the files are a third smaller."""
_SHADOW_TAPS = np.arange(-3, 4)


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
    corners = mesh.faces[face[shown]]
    share = weights[shown][:, :, None]
    points = np.sum(mesh.vertices_m[corners] * share, axis=1)
    normals = np.sum(mesh.normals[corners] * share, axis=1)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    toward = fine.eye_m - points
    toward /= np.linalg.norm(toward, axis=1, keepdims=True)
    normals *= np.where(np.sum(normals * toward, axis=1, keepdims=True) < -0.2, -1.0, 1.0)
    light = np.clip(normals @ to_lamp, 0.0, None) * _lit(
        mesh, points + 0.002 * normals, to_lamp, min(_SHADOW_SIZE, 2 * fine.width)
    )
    halfway = toward + to_lamp
    halfway /= np.linalg.norm(halfway, axis=1, keepdims=True)
    gloss = 0.06 * np.clip(np.sum(normals * halfway, axis=1), 0.0, None) ** 30 * (light > 0.0)
    sky = _AMBIENT * (0.78 + 0.22 * normals[:, 2])
    tint = np.sum(mesh.colors[corners] * share, axis=1)
    image = np.tile(background, (len(face), 1))
    image[shown] = np.clip(tint * (sky + 0.62 * light)[:, None] + gloss[:, None], 0.0, 1.0)
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
    column, row = (np.floor(seen[:, k]).astype(np.int64) for k in (0, 1))
    total = np.zeros(len(points))
    for down in _SHADOW_TAPS:
        for right in _SHADOW_TAPS:
            place = (np.clip(row + down, 0, size - 1), np.clip(column + right, 0, size - 1))
            total += nearest[place] <= seen[:, 2] + _SHADOW_BIAS_M
    return total / len(_SHADOW_TAPS) ** 2


def _visible(mesh: Mesh, camera: Camera) -> tuple[Indices, Array, Array]:
    """Return the face seen in every pixel, -1 for none, its corners' weights and its nearness, flat."""
    seen = camera.project(mesh.vertices_m)
    corners = seen[mesh.faces]
    size = np.array([camera.width, camera.height])
    low = np.clip(np.ceil(corners[..., :2].min(axis=1) - 0.5), 0, size).astype(np.int64)
    high = np.clip(np.floor(corners[..., :2].max(axis=1) - 0.5) + 1, 0, size).astype(np.int64)
    extent = np.maximum(high - low, 0)
    pixels = extent[:, 0] * extent[:, 1]
    nearest = np.full(camera.width * camera.height, -np.inf)
    face = np.full(nearest.shape, -1, dtype=np.int64)
    weights = np.zeros((len(nearest), 3))
    order = np.flatnonzero(pixels > 0)
    chunks = np.cumsum(pixels[order]) // _CHUNK_PIXELS
    for chunk in np.unique(chunks):
        which = order[chunks == chunk]
        count = pixels[which]
        index = np.repeat(which, count)
        inner = np.arange(len(index)) - np.repeat(np.cumsum(count) - count, count)
        column = low[index, 0] + inner % extent[index, 0]
        row = low[index, 1] + inner // extent[index, 0]
        share = _shares(corners[index], column + 0.5, row + 0.5)
        near = np.sum(share * corners[index, :, 2], axis=1)
        true = share * corners[index, :, 2] / near[:, None] if not camera.is_parallel else share
        inside = np.all(share >= -1e-9, axis=1) & (np.sum(true * mesh.cut_m[mesh.faces[index]], axis=1) >= 0.0)
        pixel = (row * camera.width + column)[inside]
        index, near, true = index[inside], near[inside], true[inside]
        np.maximum.at(nearest, pixel, near)
        front = near == nearest[pixel]
        face[pixel[front]], weights[pixel[front]] = index[front], true[front]
    return face, weights, nearest


def _shares(corners: Array, column: Array, row: Array) -> Array:
    """Return barycentric weights (N, 3) of points in triangles (N, 3, >= 2); all negative for one seen edge-on."""
    ax, ay = corners[:, 0, 0] - column, corners[:, 0, 1] - row
    bx, by = corners[:, 1, 0] - column, corners[:, 1, 1] - row
    cx, cy = corners[:, 2, 0] - column, corners[:, 2, 1] - row
    parts = np.stack([bx * cy - by * cx, cx * ay - cy * ax, ax * by - ay * bx], axis=1)
    area = parts.sum(axis=1)
    flat = np.abs(area) < 1e-12
    return np.where(flat[:, None], -1.0, parts / np.where(flat, 1.0, area)[:, None])

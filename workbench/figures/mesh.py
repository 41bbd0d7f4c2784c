"""Coloured triangle meshes of what a picture shows: primitives of an arm, the skin of a body, lines as tubes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from trajectories.anatomy.skin import Skin
from urdf.visuals import Primitive, ShapeKind

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

ROUND_STEPS = 48
"""Corners of a drawn circle."""


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles in W.

    Attributes:
        vertices_m: (N, 3).
        normals: (N, 3) outward unit normals, which the light sees; shared by the triangles around a vertex.
        colors: (N, 3) red, green, blue, 0 to 1.
        faces: (F, 3) indices of vertices, in any order of turning.
        cut_m: (N,) signed distance from an edge: what is negative is not drawn, with the edge between the vertices.
    """

    vertices_m: Array
    normals: Array
    colors: Array
    faces: Indices
    cut_m: Array

    def moved(self, rotation: Array, position_m: Array) -> Mesh:
        """Return the mesh turned by R (3, 3), then moved by p (3,)."""
        vertices = self.vertices_m @ rotation.T + position_m
        return Mesh(vertices, self.normals @ rotation.T, self.colors, self.faces, self.cut_m)


def joined(meshes: Sequence[Mesh]) -> Mesh:
    """Return one mesh of several."""
    counts = np.cumsum([0] + [len(mesh.vertices_m) for mesh in meshes])
    return Mesh(
        np.concatenate([mesh.vertices_m for mesh in meshes]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate([mesh.colors for mesh in meshes]),
        np.concatenate([mesh.faces + first for mesh, first in zip(meshes, counts, strict=False)]),
        np.concatenate([mesh.cut_m for mesh in meshes]),
    )


def primitive_mesh(primitive: Primitive) -> Mesh:
    """Return a primitive in the frame of its link; a capsule is drawn as a cylinder with two spheres."""
    color = np.array(primitive.rgba[:3])
    size = primitive.size_m
    if primitive.kind is ShapeKind.BOX:
        mesh = box_mesh(np.array(size), color)
    elif primitive.kind is ShapeKind.SPHERE:
        mesh = sphere_mesh(size[0], color)
    else:
        mesh = cylinder_mesh(size[0], size[1], color)
        if primitive.kind is ShapeKind.CAPSULE:
            ends = [np.array([0.0, 0.0, sign * size[1] / 2.0]) for sign in (-1.0, 1.0)]
            mesh = joined([mesh, *(sphere_mesh(size[0], color).moved(np.eye(3), end) for end in ends)])
    turn = Rotation.from_euler("xyz", primitive.rpy_rad).as_matrix()
    return mesh.moved(turn, np.array(primitive.origin_m))


def sphere_mesh(radius_m: float, color: Array) -> Mesh:
    """Return a sphere about the origin."""
    polar = np.linspace(0.0, np.pi, ROUND_STEPS // 2 + 1)
    around = np.linspace(0.0, 2.0 * np.pi, ROUND_STEPS + 1)
    theta, phi = np.meshgrid(polar, around, indexing="ij")
    unit = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=2)
    return sheet_mesh(radius_m * unit, unit, color)


def cylinder_mesh(radius_m: float, length_m: float, color: Array) -> Mesh:
    """Return a cylinder about the origin, along z."""
    around = np.linspace(0.0, 2.0 * np.pi, ROUND_STEPS + 1)
    circle = np.stack([np.cos(around), np.sin(around), np.zeros_like(around)], axis=1)
    half = np.array([0.0, 0.0, length_m / 2.0])
    wall = np.stack([radius_m * circle - half, radius_m * circle + half])
    parts = [sheet_mesh(wall, np.stack([circle, circle]), color)]
    for sign in (-1.0, 1.0):
        disc = np.stack([np.zeros_like(circle), radius_m * circle]) + sign * half
        parts.append(sheet_mesh(disc, np.broadcast_to([0.0, 0.0, sign], disc.shape), color))
    return joined(parts)


def box_mesh(size_m: Array, color: Array) -> Mesh:
    """Return a box about the origin with edges (3,) along the axes."""
    square = np.array([[[-1.0, -1.0, 1.0], [-1.0, 1.0, 1.0]], [[1.0, -1.0, 1.0], [1.0, 1.0, 1.0]]])
    parts = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            corners = np.roll(square * [1.0, 1.0, sign], axis + 1, axis=2)
            normal = np.zeros(3)
            normal[axis] = sign
            parts.append(sheet_mesh(0.5 * corners * size_m, np.broadcast_to(normal, corners.shape), color))
    return joined(parts)


def skin_mesh(skin: Skin, x_m: Array, y_m: Array, colors: Array) -> Mesh:
    """Return the skin over a grid x (n,) by y (m,), cut at the outline of the body; colours (n, m, 3)."""
    x, y = np.meshgrid(x_m, y_m, indexing="ij")
    shape = (*x.shape, 3)
    heights = skin.height(x, y).reshape(x.shape)
    mesh = sheet_mesh(np.stack([x, y, heights], axis=2), skin.normal(x, y).reshape(shape), colors)
    cut = skin.outline_distance(x, y)
    faces = mesh.faces[np.any(cut[mesh.faces] >= 0.0, axis=1)]
    return Mesh(mesh.vertices_m, mesh.normals, mesh.colors, faces, cut)


def tube_mesh(line_m: Array, radius_m: float, colors: Array) -> Mesh:
    """Return a tube around a line (k, 3) with one colour a point (k, 3)."""
    along = np.gradient(line_m, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    side = np.cross(along, [0.0, 0.0, 1.0])
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    other = np.cross(side, along)
    around = np.linspace(0.0, 2.0 * np.pi, 9)[None, :, None]
    normals = np.cos(around) * side[:, None] + np.sin(around) * other[:, None]
    return sheet_mesh(line_m[:, None] + radius_m * normals, normals, np.repeat(colors[:, None], 9, axis=1))


def sheet_mesh(points: Array, normals: Array, colors: Array) -> Mesh:
    """Return the mesh of a grid of points (n, m, 3); colours (n, m, 3) or (3,)."""
    n, m = points.shape[:2]
    corner = (np.arange(n - 1)[:, None] * m + np.arange(m - 1)).ravel()
    faces = np.concatenate(
        [np.stack([corner, corner + 1, corner + m + 1], axis=1), np.stack([corner, corner + m + 1, corner + m], axis=1)]
    )
    tints = np.broadcast_to(colors, points.shape)
    return Mesh(
        points.reshape(-1, 3), normals.reshape(-1, 3), tints.reshape(-1, 3), faces.astype(np.int64), np.ones(n * m)
    )

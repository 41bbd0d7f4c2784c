"""The loops of the renderer over triangles and pixels, compiled.

They take nothing from other files, so numba sees by itself when they change.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@compiled
def draw_triangles(
    corners: Array, cut: Array, is_parallel: bool, width: int, height: int
) -> tuple[Indices, Array, Array]:
    """Return the triangle seen in every pixel, -1 for none, its corners' weights and its nearness, flat.

    Args:
        corners: (F, 3, 3) column, row and nearness of the corners.
        cut: (F, 3) what is negative is not drawn.
        is_parallel: True for a parallel projection.
        width: pixels.
        height: pixels.
    """
    nearest = np.full(width * height, -np.inf)
    face = np.full(width * height, -1, np.int64)
    weights = np.zeros((width * height, 3))
    for index in range(len(corners)):
        one = corners[index]
        ax, ay, az = one[0]
        bx, by, bz = one[1]
        cx, cy, cz = one[2]
        left, right = max(0, math.ceil(min(ax, bx, cx) - 0.5)), min(width, math.floor(max(ax, bx, cx) - 0.5) + 1)
        top, bottom = max(0, math.ceil(min(ay, by, cy) - 0.5)), min(height, math.floor(max(ay, by, cy) - 0.5) + 1)
        for row in range(top, bottom):
            y = row + 0.5
            for column in range(left, right):
                x = column + 0.5
                a = (bx - x) * (cy - y) - (by - y) * (cx - x)
                b = (cx - x) * (ay - y) - (cy - y) * (ax - x)
                c = (ax - x) * (by - y) - (ay - y) * (bx - x)
                area = a + b + c
                if abs(area) < 1e-12:  # seen edge-on
                    continue
                a, b, c = a / area, b / area, c / area
                if not min(a, b, c) >= -1e-9:
                    continue
                near = a * az + b * bz + c * cz
                if not is_parallel:
                    a, b, c = a * az / near, b * bz / near, c * cz / near
                inner = a * cut[index, 0] + b * cut[index, 1] + c * cut[index, 2]
                pixel = row * width + column
                if inner >= 0.0 and near >= nearest[pixel]:
                    nearest[pixel], face[pixel] = near, index
                    weights[pixel, 0], weights[pixel, 1], weights[pixel, 2] = a, b, c
    return face, weights, nearest


@compiled
def lit_shares(nearest: Array, seen: Array, reach: int) -> Array:
    """Return which share of the lamp each point sees: mean over a square of its depth buffer.

    Args:
        nearest: (S, S) nearness of what the lamp sees first.
        seen: (N, 3) column, row and nearness of the points for the lamp, bias included.
        reach: half the width of the square in pixels.
    """
    size = len(nearest)
    result = np.empty(len(seen))
    for point in range(len(seen)):
        column, row, near = math.floor(seen[point, 0]), math.floor(seen[point, 1]), seen[point, 2]
        count = 0
        for down in range(-reach, reach + 1):
            at = min(max(row + down, 0), size - 1)
            for right in range(-reach, reach + 1):
                if nearest[at, min(max(column + right, 0), size - 1)] <= near:
                    count += 1
        result[point] = count / (2 * reach + 1) ** 2
    return result


@compiled
def blended(values: Array, corners: Indices, weights: Array) -> Array:
    """Return what vertices (N, 3) have at points of triangles: corners (P, 3) and their weights (P, 3)."""
    result = np.empty((len(corners), 3))
    for point in range(len(corners)):
        for axis in range(3):
            total = 0.0
            for k in range(3):
                total += values[corners[point, k], axis] * weights[point, k]
            result[point, axis] = total
    return result


@compiled
def shaded(tints: Array, normals: Array, toward: Array, lit: Array, to_lamp: Array, lights: Array) -> Array:
    """Return the colours (P, 3) of points, 0 to 1.

    Args:
        tints: (P, 3) their own colours.
        normals: (P, 3) unit normals, on the side that is seen.
        toward: (P, 3) unit vectors to the camera.
        lit: (P,) share of the lamp that they see.
        to_lamp: (3,) unit vector.
        lights: (3,) strength of sky, lamp and gloss.
    """
    result = np.empty((len(tints), 3))
    for point in range(len(tints)):
        facing = halfway = square = 0.0
        for axis in range(3):
            half = toward[point, axis] + to_lamp[axis]
            facing += normals[point, axis] * to_lamp[axis]
            halfway += normals[point, axis] * half
            square += half * half
        light = max(facing, 0.0) * lit[point]
        gloss = lights[2] * max(halfway / math.sqrt(square), 0.0) ** 30 if light > 0.0 else 0.0
        brightness = lights[0] * (0.78 + 0.22 * normals[point, 2]) + lights[1] * light
        for axis in range(3):
            result[point, axis] = min(max(tints[point, axis] * brightness + gloss, 0.0), 1.0)
    return result


@compiled
def turn_to_camera(normals: Array, points: Array, eye: Array) -> Array:
    """Make normals (P, 3) unit vectors on the side that is seen; return unit vectors (P, 3) to the camera.

    Normals are turned round where they point well away only: at the rim of a round shape they may point away a little.
    """
    toward = np.empty((len(points), 3))
    for point in range(len(points)):
        length = distance = cosine = 0.0
        for axis in range(3):
            toward[point, axis] = eye[axis] - points[point, axis]
            length += normals[point, axis] ** 2
            distance += toward[point, axis] ** 2
        for axis in range(3):
            normals[point, axis] /= math.sqrt(length)
            toward[point, axis] /= math.sqrt(distance)
            cosine += normals[point, axis] * toward[point, axis]
        if cosine < -0.2:
            for axis in range(3):
                normals[point, axis] = -normals[point, axis]
    return toward

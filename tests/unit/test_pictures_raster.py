"""The software renderer: what is nearer hides what is behind, edges are cut, shadows fall, pixels repeat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from workbench.figures.mesh import Mesh, box_mesh, cylinder_mesh, joined, sphere_mesh, tube_mesh
from workbench.figures.raster import Camera, render

UP = np.array([0.0, 0.0, 1.0])
RED, BLUE, WHITE = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0]), np.ones(3)
ABOVE = Camera(np.array([0.0, 0.0, 2.0]), np.zeros(3), np.array([0.0, 1.0, 0.0]), 41, 31, 60.0)


def seen(mesh: Mesh, camera: Camera = ABOVE) -> NDArray[np.float64]:
    return render(mesh, camera, UP, WHITE)


def test_projection_puts_the_target_in_the_middle_and_up_on_top() -> None:
    column, row, nearness = ABOVE.project(np.array([[0.0, 0.0, 0.0], [0.2, 0.0, 0.0], [0.0, 0.2, 0.0], UP])).T
    assert (column[0], row[0]) == (20.5, 15.5)
    assert column[1] > column[0]
    assert row[2] < row[0]
    assert nearness[3] > nearness[0]


def test_the_nearer_hides_the_farther_in_any_order() -> None:
    low = box_mesh(np.array([0.6, 0.6, 0.1]), RED)
    high = box_mesh(np.array([0.3, 0.3, 0.1]), BLUE).moved(np.eye(3), np.array([0.0, 0.0, 0.4]))
    for parts in ([low, high], [high, low]):
        middle = seen(joined(parts))[15, 20]
        assert middle[2] > 0.5
        assert middle[0] < 0.1


def test_a_small_thing_above_throws_a_shadow_on_what_is_below() -> None:
    floor = box_mesh(np.array([1.2, 1.2, 0.1]), RED)
    ball = sphere_mesh(0.08, BLUE).moved(np.eye(3), np.array([0.0, 0.0, 0.5]))
    slanted = np.array([0.6, 0.0, 0.8])
    lit = render(floor, ABOVE, slanted, WHITE)
    shaded = render(joined([floor, ball]), ABOVE, slanted, WHITE)
    # the ball is 0.45 m over the floor's face, so its shadow lies 0.45 * 0.6 / 0.8 m to the left of it
    column, row, _ = ABOVE.project(np.array([[-0.3375, 0.0, 0.05]]))[0]
    place = (int(row), int(column))
    assert shaded[place][0] < 0.7 * lit[place][0]
    far = (3, 37)
    np.testing.assert_allclose(shaded[far], lit[far], atol=0.02)


def test_what_lies_beyond_the_cut_is_not_drawn() -> None:
    plate = box_mesh(np.array([0.4, 0.4, 0.02]), RED)
    half = replace(plate, cut_m=plate.vertices_m[:, 0])
    image = seen(half)
    np.testing.assert_allclose(image[15, 17], WHITE, atol=0.01)
    assert image[15, 23, 1] < 0.2


def test_the_same_scene_gives_the_same_pixels() -> None:
    mesh = joined([sphere_mesh(0.2, RED), cylinder_mesh(0.05, 0.6, BLUE)])
    np.testing.assert_array_equal(seen(mesh), seen(mesh))


def test_round_shapes_have_their_sizes_and_unit_normals() -> None:
    for mesh in (sphere_mesh(0.2, RED), cylinder_mesh(0.2, 0.5, RED), box_mesh(np.array([0.1, 0.2, 0.3]), RED)):
        np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1.0)
        assert np.all(np.sum(mesh.normals * mesh.vertices_m, axis=1) > 0.0), "normals point outward"
    assert np.ptp(cylinder_mesh(0.2, 0.5, RED).vertices_m[:, 2]) == 0.5
    np.testing.assert_allclose(np.ptp(box_mesh(np.array([0.1, 0.2, 0.3]), RED).vertices_m, axis=0), [0.1, 0.2, 0.3])


def test_a_tube_keeps_its_distance_from_its_line() -> None:
    line = np.column_stack([np.linspace(0.0, 1.0, 20), np.zeros(20), np.zeros(20)])
    tube = tube_mesh(line, 0.01, np.tile(RED, (20, 1)))
    np.testing.assert_allclose(np.hypot(tube.vertices_m[:, 1], tube.vertices_m[:, 2]), 0.01)

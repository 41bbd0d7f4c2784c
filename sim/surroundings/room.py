"""What stands around an arm, as numbers for the compiled contact: table, column, one obstacle."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from controller.types import Touched
from sim.person.body_motion import BREATHING_AMPLITUDES_M
from sim.person.contact_law import HEIGHT
from sim.person.tissue_map import TissueMap
from trajectories.anatomy.body import Body
from trajectories.anatomy.skin import Skin

Array = NDArray[np.float64]

TABLE_M = -0.155
"""Height of the table's upper face in K (assumed, as in the pictures; no body file knows the front of its person)."""
TABLE_X_M = (-0.12 - 0.975, -0.12 + 0.975)
TABLE_Y_M = (-0.35, 0.35)
"""Extent of the table: 1.95 m by 0.70 m, as in ``urdf/table.py``; the head lies on its end."""
TABLE_THICKNESS_M = 0.08
"""Cushion and board: what is farther below the upper face has come past the table's edge."""
TABLE_STIFFNESS_N_PER_M = 2.5e4
"""A couch with its cushion (assumed: 25 N/mm, as the independent plant took it)."""
RIGID_STIFFNESS_N_PER_M = 3.0e4
"""Column and obstacle (design choice): an arm of 0.3 kg at its end still moves stably against it in steps of 2 ms, and
100 N press 3 mm deep."""
RIGID_DAMPING_S_PER_M = 1.0
"""Hunt-Crossley factor a of ``F = k d (1 + a d')`` of table, column and obstacle (assumed, as the tissue's)."""
RIGID_FRICTION = 0.4
"""Friction coefficient of table, column and obstacle (assumed)."""
EDGE_M = 0.015
"""Within this distance of the outline of the body its skin gives way less and less (design choice): the height map
knows no sides."""
COARSE_M = 0.10
"""A sphere of at most this radius that lies above the highest skin within it cannot touch the skin."""
BREATH_M = max(amplitude for _, amplitude in BREATHING_AMPLITUDES_M)

GRID, LIFT_M, TABLE, PAD_RADIUS, SKIN_FRICTION, COLUMN_PLACE, OBSTACLE = 0, 3, 4, 10, 11, 12, 15
GAP, TOOL_GAP, REACH, TOP, LAST_BREATH, LAST_LIFT, LAST_ANGLES = 19, 20, 21, 22, 23, 24, 25
"""Where the room holds the grid of the tissue (3), the height that breathing may add [m], the table's upper and lower
face and its extent (x, y) [m], the radius of the pad that the tissue is for [m], the friction of the skin, the x and y
of the column with the radius it stays within [m], and the obstacle: its centre (3) and its radius [m], 0 for none; then
how far anything may still go before a link can touch, and the same of the tool [m]; how far a point of the arm is from
a joint at most [m], the height of the highest skin [m],
and breathing, lift of the body and joint angles (n) at the last look."""
THINGS = tuple(Touched)
"""Order of the things that can be touched."""
SKIN_THING, TABLE_THING, COLUMN_THING, OBSTACLE_THING = range(4)
CEILING, OUTLINE = 0, 1
"""Order of the maps: highest skin within ``COARSE_M`` [m], distance from the outline of the body [m]."""


def make_room(tissue: TissueMap, column: Array, law: tuple[float, float], joints: int) -> Array:
    """Return the room without an obstacle; nothing is known of the arm's reach yet.

    Args:
        tissue: of the person.
        column: of the arm.
        law: radius of the pad that the tissue is for [m], friction coefficient of the skin.
        joints: number of joints n.
    """
    room = np.zeros(LAST_ANGLES + joints)
    room[REACH], room[TOP] = math.inf, float(tissue.samples(HEIGHT).max())
    room[GRID:LIFT_M] = tissue.grid
    room[LIFT_M] = BREATH_M
    room[TABLE:PAD_RADIUS] = (TABLE_M, TABLE_M - TABLE_THICKNESS_M, *TABLE_X_M, *TABLE_Y_M)
    room[PAD_RADIUS], room[SKIN_FRICTION] = law
    ends = np.concatenate([column[:, 0:2], column[:, 3:5]])
    middle = ends.mean(axis=0)
    reach = float(np.linalg.norm(ends - middle, axis=1).max()) + float(column[:, 6].max())
    room[COLUMN_PLACE:OBSTACLE] = (*middle, reach)
    return room


def make_maps(tissue: TissueMap, body: Body) -> Array:
    """Return the maps (2, n, m) on the grid of the tissue."""
    heights = tissue.samples(HEIGHT)
    size = 2 * math.ceil(COARSE_M * float(tissue.grid[2])) + 1
    ceiling = ndimage.maximum_filter(heights, size=size, mode="nearest")
    return np.ascontiguousarray(np.stack([ceiling, Skin.from_body(body).outline_m]))

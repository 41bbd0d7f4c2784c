"""What the spheres of an arm touch, and how far the nearest thing is: compiled.

Every link touches a thing with its deepest sphere only, so that the stiffness does not depend on how finely a link is
made of spheres.

Nothing near costs almost nothing: a look tells how far the nearest thing is, and the next look is due once arm and
person together may have gone that far.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled
from sim.period.packed_state import PAD, PATIENT, RESULT
from sim.person.contact_law import DEPTH, FOOT, LAYERS, NORMAL, RESULT_SIZE, closest_foot
from sim.surroundings.link_spheres import COLUMN_RADIUS, END, IS_FREE, IS_PAD, IS_TOOL, LINK, RADIUS, START, WORLD
from sim.surroundings.room import (
    BREATH_M,
    CEILING,
    COARSE_M,
    COLUMN_PLACE,
    COLUMN_THING,
    GAP,
    GRID,
    LAST_ANGLES,
    LAST_BREATH,
    LAST_LIFT,
    LIFT_M,
    OBSTACLE,
    OBSTACLE_THING,
    OUTLINE,
    PAD_RADIUS,
    REACH,
    SKIN_THING,
    TABLE,
    TABLE_THING,
    TOOL_GAP,
    TOP,
)

Array = NDArray[np.float64]

HIT_DEPTH, SPHERE, AWAY, PLACE, PUSH, HIT_SIZE = 0, 1, 2, 5, 8, 11
"""Where a hit holds its depth [m], the number of its sphere, the direction out of the thing (3), the place of the
contact (3) [m] and the force on the arm (3) [N], the last four in W."""
DENT_NEAR, DENT_FAR = 2.0, 4.0
"""The pad dents the skin around it by its own depth: wholly up to so many pad radii, not at all beyond (assumed)."""
FOOT_SHARE = 0.5
"""Share of the distance to the skin that counts as free way: the foot is found to within a part of it (assumed)."""
DENT_SHARE = 0.3
"""The same inside the dent of the pad: the sphere, the dent's depth and its rim all move (design choice)."""
FAR_M = 1.0
"""Free way of an arm with nothing around it."""


@compiled
def _deepen(hits: Array, row: int, depth: float, sphere: int, away: Array) -> None:
    """Take a sphere as the hit of its link where it is the deepest one so far."""
    if depth > hits[row, HIT_DEPTH]:
        hits[row, HIT_DEPTH], hits[row, SPHERE] = depth, sphere
        hits[row, AWAY : AWAY + 3] = away


@compiled
def _seek_skin(maps: Array, layers: Array, room: Array, state: Array, sphere: Array, result: Array) -> float:
    """Return how deep a sphere is in the skin, and write foot and normal where it is above 0.

    Where the sphere is off it, minus how far it may go at least before it touches [m].
    """
    x, y, z, radius = sphere[WORLD], sphere[WORLD + 1], sphere[WORLD + 2], sphere[RADIUS]
    i = int((x - room[GRID]) * room[GRID + 2] + 0.5)
    j = int((y - room[GRID + 1]) * room[GRID + 2] + 0.5)
    rows, columns = maps.shape[1], maps.shape[2]
    patient = state[PATIENT:PAD]
    low = z - radius - room[LIFT_M] - patient[2]
    if i < 0 or j < 0 or i >= rows or j >= columns:
        beside = max(-i, i - rows, -j, j - columns) / room[GRID + 2]
        return float(-max(beside, low - room[TOP]))
    above = low - maps[CEILING, i, j]
    if above > 0.0:
        above = min(above, COARSE_M - radius - 1.0 / room[GRID + 2])
    if not maps[OUTLINE, i, j] > 0.0:
        return float(-max(0.0, above, -maps[OUTLINE, i, j] - 1.0 / room[GRID + 2]))
    if above > 0.0:
        return float(-above)
    values = np.zeros((LAYERS, 3))
    grid = room[GRID:LIFT_M]
    depth = radius - closest_foot(layers, grid, patient, sphere[WORLD : WORLD + 3], values, result)
    if sphere[IS_TOOL] > 0.0 and depth > 0.0 and state[RESULT + DEPTH] > 0.0:
        away = math.hypot(result[FOOT] - state[RESULT + FOOT], result[FOOT + 1] - state[RESULT + FOOT + 1])
        share = (DENT_FAR - away / room[PAD_RADIUS]) / (DENT_FAR - DENT_NEAR)
        depth -= state[RESULT + DEPTH] * min(1.0, max(0.0, share))
        if not depth > 0.0:
            return float(DENT_SHARE * depth)
    return float(depth if depth > 0.0 else FOOT_SHARE * depth)


@compiled
def _seek_table(room: Array, sphere: Array) -> float:
    """Return how deep a sphere is in the table, from above; where it is off it, minus how far it may go."""
    x, y, z = sphere[WORLD], sphere[WORLD + 1], sphere[WORLD + 2]
    beside = max(room[TABLE + 2] - x, x - room[TABLE + 3], room[TABLE + 4] - y, y - room[TABLE + 5])
    beside = max(beside, room[TABLE + 1] - z)
    depth = room[TABLE] - z + sphere[RADIUS]
    return float(-beside if beside > 0.0 else depth)


@compiled
def _seek_column(column: Array, sphere: Array, away: Array) -> float:
    """Return how deep a sphere is in the column, not above 0 where it is off it, and write the way out."""
    deepest = -1.0
    gap = np.zeros(3)
    for row in range(column.shape[0]):
        length, along = 0.0, 0.0
        for i in range(3):
            way = column[row, END + i] - column[row, START + i]
            length += way * way
            along += way * (sphere[WORLD + i] - column[row, START + i])
        share = min(1.0, max(0.0, along / length)) if length > 0.0 else 0.0
        distance = 0.0
        for i in range(3):
            way = column[row, END + i] - column[row, START + i]
            gap[i] = sphere[WORLD + i] - column[row, START + i] - share * way
            distance += gap[i] * gap[i]
        distance = math.sqrt(distance)
        depth = sphere[RADIUS] + column[row, COLUMN_RADIUS] - distance
        if depth > deepest and distance > 0.0:
            deepest = depth
            for i in range(3):
                away[i] = gap[i] / distance
    return deepest


@compiled
def _seek_around(column: Array, room: Array, sphere: Array, away: Array) -> float:
    """Return what ``_seek_column`` does; far from the column without looking at its parts."""
    dx, dy = sphere[WORLD] - room[COLUMN_PLACE], sphere[WORLD + 1] - room[COLUMN_PLACE + 1]
    far = math.sqrt(dx * dx + dy * dy) - room[COLUMN_PLACE + 2] - sphere[RADIUS]
    return float(-far) if far > 0.0 else _seek_column(column, sphere, away)


@compiled
def _seek_obstacle(room: Array, sphere: Array, away: Array) -> float:
    """Return how deep a sphere is in the obstacle, and write the way out; off it, minus the distance."""
    distance = 0.0
    for i in range(3):
        away[i] = sphere[WORLD + i] - room[OBSTACLE + i]
        distance += away[i] * away[i]
    distance = math.sqrt(distance)
    for i in range(3):
        away[i] = away[i] / distance if distance > 0.0 else 0.0
    return float(room[OBSTACLE + 3] + sphere[RADIUS] - distance)


@compiled
def seek(
    maps: Array, layers: Array, column: Array, room: Array, state: Array, spheres: Array, hits: Array, begin: int = 0
) -> int:
    """Find what the spheres touch; return how many hits there are.

    Args:
        maps: of ``make_maps``.
        layers: of the arena.
        column: of the arm's spheres.
        room: of ``make_room``; the gaps of what is looked at are written.
        state: of the arena.
        spheres: with their centres in W.
        hits: (4 links, ``HIT_SIZE``), one row for every thing and link; depth, sphere and way out are written.
        begin: the first sphere to look at; those before it touch nothing.
    """
    links = hits.shape[0] // 4
    hits[:, HIT_DEPTH] = 0.0
    away, result = np.zeros(3), np.zeros(RESULT_SIZE)
    if begin == 0:
        room[GAP] = FAR_M
    room[TOOL_GAP] = FAR_M
    for s in range(begin, spheres.shape[0]):
        sphere, gap = spheres[s], FAR_M
        link = int(sphere[LINK])
        if not sphere[IS_PAD] > 0.0:
            depth = _seek_skin(maps, layers, room, state, sphere, result)
            gap = min(gap, -depth)
            _deepen(hits, SKIN_THING * links + link, depth, s, result[NORMAL : NORMAL + 3])
        depth = _seek_table(room, sphere)
        gap = min(gap, -depth)
        away[0], away[1], away[2] = 0.0, 0.0, 1.0
        _deepen(hits, TABLE_THING * links + link, depth, s, away)
        if sphere[IS_FREE] > 0.0:
            depth = _seek_around(column, room, sphere, away)
            gap = min(gap, -depth)
            _deepen(hits, COLUMN_THING * links + link, depth, s, away)
        if room[OBSTACLE + 3] > 0.0:
            depth = _seek_obstacle(room, sphere, away)
            gap = min(gap, -depth)
            _deepen(hits, OBSTACLE_THING * links + link, depth, s, away)
        own = TOOL_GAP if sphere[IS_TOOL] > 0.0 else GAP
        room[own] = min(room[own], gap)
    found = 0
    for row in range(hits.shape[0]):
        if hits[row, HIT_DEPTH] > 0.0:
            found += 1
    return found


@compiled
def spare_built_in(column: Array, room: Array, spheres: Array) -> None:
    """Let spheres that are in the column where the arm stands now never meet it: they are built into each other."""
    away = np.zeros(3)
    for s in range(spheres.shape[0]):
        if _seek_around(column, room, spheres[s], away) > 0.0:
            spheres[s, IS_FREE] = 0.0


@compiled
def count_way(angles: Array, patient: Array, room: Array) -> None:
    """Take from the gaps how far arm and person may have gone since the last look at them."""
    gone = abs(patient[2] - room[LAST_LIFT]) + BREATH_M * abs(patient[0] - room[LAST_BREATH])
    room[LAST_LIFT], room[LAST_BREATH] = patient[2], patient[0]
    turned = 0.0
    for k in range(angles.shape[0]):
        turned += abs(angles[k] - room[LAST_ANGLES + k])
        room[LAST_ANGLES + k] = angles[k]
    room[GAP] -= gone + turned * room[REACH]
    room[TOOL_GAP] -= gone + turned * room[REACH]


@compiled
def first_due(room: Array, spheres: Array) -> int:
    """Return the first sphere that has to be looked at, all behind it too: 0 for the whole arm, s for none."""
    if not room[GAP] > 0.0:
        return 0
    begin = int(spheres.shape[0])
    if room[TOOL_GAP] > 0.0:
        return begin
    while begin > 0 and spheres[begin - 1, IS_TOOL] > 0.0:
        begin -= 1
    return begin

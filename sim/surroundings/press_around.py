"""Contact of an arm with everything but the tissue under its pad: compiled, in SI units, world frame.

Every link touches a thing with its deepest sphere only, so that the stiffness does not depend on how finely a link is
made of spheres; the elastic force has a potential then, ``V(max depth)``. Skin: the instant law of the tissue at the
foot without its relaxation, for the radius of the sphere; a link that rests on the person so presses up to twice as
much in the simulation as its person would feel in the end. Table, column and obstacle: ``k d (1 + a d')``. Friction
slides: it grows with the slip up to the cone, and no faster than what explicit steps bear.

Nothing near costs almost nothing: a look tells how far the nearest thing is, and the next look is due once arm and
person together may have gone that far.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled
from sim.period.arm_kinematics import AXIS, LINE, LINE_SIZE, OFFSET, ORIGIN, ROTATION
from sim.period.packed_state import MOTION, PAD, PATIENT, RESULT, places
from sim.person.contact_law import (
    BREATHING,
    DEPTH,
    EXPONENT,
    FOOT,
    LAYERS,
    NORMAL,
    RESULT_SIZE,
    STIFFNESS,
    THICKNESS,
    closest_foot,
    elastic_force,
)
from sim.person.parameters import RADIUS_EXPONENT, RATE_DAMPING_S_PER_M
from sim.surroundings.link_spheres import (
    CARRIER,
    COLUMN_RADIUS,
    END,
    IS_FREE,
    IS_PAD,
    IS_TOOL,
    LINK,
    LOCAL,
    RADIUS,
    START,
    WORLD,
)
from sim.surroundings.room import (
    BREATH_M,
    CEILING,
    COARSE_M,
    COLUMN_PLACE,
    COLUMN_THING,
    EDGE_M,
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
    RIGID_DAMPING_S_PER_M,
    RIGID_FRICTION,
    RIGID_STIFFNESS_N_PER_M,
    SKIN_FRICTION,
    SKIN_THING,
    TABLE,
    TABLE_STIFFNESS_N_PER_M,
    TABLE_THING,
)
from trajectories.anatomy.spline import evaluate_layers

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
SLIP_DAMPING_NS_PER_M = 200.0
"""Largest friction per slip speed (design choice): 0.2 kg bear it in steps of 1 ms."""


@compiled
def carry_spheres(chain: Array, motion: Array, spheres: Array) -> None:
    """Write where the spheres are in W.

    Args:
        chain: (n + 1, 15) kinematic chain.
        motion: (2 n,) joint positions [rad] and speeds.
        spheres: (s, ``SPHERE_SIZE``) in the order of their joints; ``WORLD`` is written.
    """
    joints, count, s = chain.shape[0] - 1, spheres.shape[0], 0
    p0, p1, p2 = 0.0, 0.0, 0.0
    r00, r01, r02, r10, r11, r12, r20, r21, r22 = 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0
    for k in range(joints):
        c = chain[k]
        x, y, z = c[OFFSET], c[OFFSET + 1], c[OFFSET + 2]
        p0, p1, p2 = (
            p0 + r00 * x + r01 * y + r02 * z,
            p1 + r10 * x + r11 * y + r12 * z,
            p2 + r20 * x + r21 * y + r22 * z,
        )
        r00, r01, r02 = _row_times(r00, r01, r02, c[ROTATION:OFFSET])
        r10, r11, r12 = _row_times(r10, r11, r12, c[ROTATION:OFFSET])
        r20, r21, r22 = _row_times(r20, r21, r22, c[ROTATION:OFFSET])
        r00, r01, r02 = _row_turned(r00, r01, r02, c[AXIS:], motion[k])
        r10, r11, r12 = _row_turned(r10, r11, r12, c[AXIS:], motion[k])
        r20, r21, r22 = _row_turned(r20, r21, r22, c[AXIS:], motion[k])
        while s < count and spheres[s, CARRIER] == k:
            x, y, z = spheres[s, LOCAL], spheres[s, LOCAL + 1], spheres[s, LOCAL + 2]
            spheres[s, WORLD] = p0 + r00 * x + r01 * y + r02 * z
            spheres[s, WORLD + 1] = p1 + r10 * x + r11 * y + r12 * z
            spheres[s, WORLD + 2] = p2 + r20 * x + r21 * y + r22 * z
            s += 1


@compiled
def _row_times(a: float, b: float, c: float, m: Array) -> tuple[float, float, float]:
    """Return the row (a, b, c) times a (3, 3) matrix given row by row."""
    return a * m[0] + b * m[3] + c * m[6], a * m[1] + b * m[4] + c * m[7], a * m[2] + b * m[5] + c * m[8]


@compiled
def _row_turned(a: float, b: float, c: float, axis: Array, angle: float) -> tuple[float, float, float]:
    """Return the row (a, b, c) times the rotation by an angle about an axis: the row turned back (Rodrigues)."""
    s, v = math.sin(angle), 1.0 - math.cos(angle)
    x, y, z = axis[0], axis[1], axis[2]
    along = (a * x + b * y + c * z) * v
    u = 1.0 - v
    return (
        a * u + (b * z - c * y) * s + along * x,
        b * u + (c * x - a * z) * s + along * y,
        c * u + (a * y - b * x) * s + along * z,
    )


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
    if i < 0 or j < 0 or i >= rows or j >= columns:
        return float(-max(-i, i - rows, -j, j - columns) / room[GRID + 2])
    if not maps[OUTLINE, i, j] > 0.0:
        return float(min(0.0, maps[OUTLINE, i, j] + 1.0 / room[GRID + 2]))
    patient = state[PATIENT:PAD]
    above = z - radius - maps[CEILING, i, j] - room[LIFT_M] - patient[2]
    if above > 0.0:
        return float(-min(above, COARSE_M - radius - 1.0 / room[GRID + 2]))
    values = np.empty((LAYERS, 3))
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
    gap = np.empty(3)
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
def seek(maps: Array, layers: Array, column: Array, room: Array, state: Array, spheres: Array, hits: Array) -> int:
    """Find what the spheres touch; return how many hits there are.

    Args:
        maps: of ``make_maps``.
        layers: of the arena.
        column: of the arm's spheres.
        room: of ``make_room``; ``GAP`` is written.
        state: of the arena.
        spheres: with their centres in W.
        hits: (4 links, ``HIT_SIZE``), one row for every thing and link; depth, sphere and way out are written.
    """
    links = hits.shape[0] // 4
    hits[:, HIT_DEPTH] = 0.0
    away, result, gap = np.zeros(3), np.empty(RESULT_SIZE), FAR_M
    for s in range(spheres.shape[0]):
        sphere = spheres[s]
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
    room[GAP] = gap
    found = 0
    for row in range(hits.shape[0]):
        if hits[row, HIT_DEPTH] > 0.0:
            found += 1
    return found


@compiled
def is_due(angles: Array, patient: Array, room: Array) -> bool:
    """Tell whether arm and person may have gone as far since the last look as the nearest thing was then."""
    gone = abs(patient[2] - room[LAST_LIFT]) + BREATH_M * abs(patient[0] - room[LAST_BREATH])
    room[LAST_LIFT], room[LAST_BREATH] = patient[2], patient[0]
    turned = 0.0
    for k in range(angles.shape[0]):
        turned += abs(angles[k] - room[LAST_ANGLES + k])
        room[LAST_ANGLES + k] = angles[k]
    room[GAP] -= gone + turned * room[REACH]
    return not room[GAP] > 0.0


@compiled
def _velocity(lines: Array, speeds: Array, carrier: int, point: Array, out: Array) -> None:
    """Write the velocity (3,) of a point of the link behind a joint [m/s]."""
    out[:] = 0.0
    for k in range(carrier + 1):
        x, y, z = point[0] - lines[k, ORIGIN], point[1] - lines[k, ORIGIN + 1], point[2] - lines[k, ORIGIN + 2]
        a, b, c = lines[k, LINE] * speeds[k], lines[k, LINE + 1] * speeds[k], lines[k, LINE + 2] * speeds[k]
        out[0] += b * z - c * y
        out[1] += c * x - a * z
        out[2] += a * y - b * x


@compiled
def _skin_force(maps: Array, layers: Array, room: Array, radius: float, hit: Array, values: Array) -> float:
    """Return the elastic force of the skin on a sphere [N], and the tissue's layers at its foot in ``values``."""
    x, y = hit[PLACE], hit[PLACE + 1]
    evaluate_layers(layers, room[GRID], room[GRID + 1], room[GRID + 2], x, y, values)
    share = math.pow(radius / room[PAD_RADIUS], RADIUS_EXPONENT)
    force = elastic_force(
        hit[HIT_DEPTH], math.exp(values[STIFFNESS, 0]) * share, values[EXPONENT, 0], values[THICKNESS, 0]
    )
    i = int((x - room[GRID]) * room[GRID + 2] + 0.5)
    j = int((y - room[GRID + 1]) * room[GRID + 2] + 0.5)
    i, j = min(max(i, 0), maps.shape[1] - 1), min(max(j, 0), maps.shape[2] - 1)
    return float(force * min(1.0, max(0.0, maps[OUTLINE, i, j] / EDGE_M)))


@compiled
def _push(
    maps: Array, layers: Array, room: Array, state: Array, sphere: Array, lines: Array, hit: Array, thing: int
) -> None:
    """Write place and force of a hit whose sphere and depth are known."""
    joints = lines.shape[0] - 1
    at = places(joints)
    speeds = state[MOTION + joints : at.wrench]
    values, slip = np.zeros((LAYERS, 3)), np.empty(3)
    radius, depth = sphere[RADIUS], hit[HIT_DEPTH]
    for i in range(3):
        hit[PLACE + i] = sphere[WORLD + i] - (radius - depth) * hit[AWAY + i]
    _velocity(lines, speeds, int(sphere[CARRIER]), hit[PLACE : PLACE + 3], slip)
    if thing == SKIN_THING:
        force, damping, friction = (
            _skin_force(maps, layers, room, radius, hit, values), RATE_DAMPING_S_PER_M, room[SKIN_FRICTION],
        )  # fmt: skip
        slip[2] -= state[PATIENT + 1] * values[BREATHING, 0] + state[PATIENT + 3]
    else:
        stiffness = TABLE_STIFFNESS_N_PER_M if thing == TABLE_THING else RIGID_STIFFNESS_N_PER_M
        force, damping, friction = stiffness * depth, RIGID_DAMPING_S_PER_M, RIGID_FRICTION
    rate = -(slip[0] * hit[AWAY] + slip[1] * hit[AWAY + 1] + slip[2] * hit[AWAY + 2])
    force *= max(0.0, 1.0 + damping * rate)
    speed = 0.0
    for i in range(3):
        slip[i] += rate * hit[AWAY + i]
        speed += slip[i] * slip[i]
    speed = math.sqrt(speed)
    drag = min(SLIP_DAMPING_NS_PER_M, friction * force / speed) if speed > 0.0 else 0.0
    for i in range(3):
        hit[PUSH + i] = force * hit[AWAY + i] - drag * slip[i]


@compiled
def press_around(
    chain: Array, maps: Array, layers: Array, column: Array, room: Array, state: Array, spheres: Array, hits: Array
) -> int:
    """Let everything around an arm press on it: add the joint torques ``J^T F`` to the load; return how many hits.

    Args:
        chain: of the arena.
        maps: of ``make_maps``.
        layers: of the arena.
        column: of the arm's spheres.
        room: of ``make_room``; what it knows of the last look is changed.
        state: of the arena, at the present instant; its load is changed.
        spheres: of the arm; their centres in W are written.
        hits: (4 links, ``HIT_SIZE``), written.
    """
    joints = chain.shape[0] - 1
    at = places(joints)
    if not is_due(state[MOTION : MOTION + joints], state[PATIENT:PAD], room):
        return 0
    carry_spheres(chain, state[MOTION : at.wrench], spheres)
    found = seek(maps, layers, column, room, state, spheres, hits)
    if found == 0:
        return 0
    lines, load = state[at.lines : at.speeds].reshape((joints + 1, LINE_SIZE)), state[at.load : at.sensed]
    links = hits.shape[0] // 4
    for row in range(hits.shape[0]):
        hit = hits[row]
        if not hit[HIT_DEPTH] > 0.0:
            continue
        sphere = spheres[int(hit[SPHERE])]
        _push(maps, layers, room, state, sphere, lines, hit, row // links)
        f0, f1, f2 = hit[PUSH], hit[PUSH + 1], hit[PUSH + 2]
        for k in range(int(sphere[CARRIER]) + 1):
            x, y, z = (
                hit[PLACE] - lines[k, ORIGIN],
                hit[PLACE + 1] - lines[k, ORIGIN + 1],
                hit[PLACE + 2] - lines[k, ORIGIN + 2],
            )
            load[k] += (
                lines[k, LINE] * (y * f2 - z * f1)
                + lines[k, LINE + 1] * (z * f0 - x * f2)
                + lines[k, LINE + 2] * (x * f1 - y * f0)
            )
    return found

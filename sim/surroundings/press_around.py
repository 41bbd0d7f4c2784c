"""Contact of an arm with everything but the tissue under its pad: compiled, in SI units, world frame.

The elastic force has a potential, ``V(depth)`` of the deepest sphere of each link. Skin: the instant law of the tissue
at the foot without its relaxation, for the radius of the sphere; a link that rests on the person so presses up to twice
as much in the simulation as its person would feel in the end. Table, column and obstacle: ``k d (1 + a d')``. Friction
slides: it grows with the slip up to the cone, and no faster than what explicit steps bear.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled
from sim.period.arm_kinematics import LINE, LINE_SIZE, ORIGIN
from sim.period.packed_state import MOTION, PAD, PATIENT, places
from sim.person.contact_law import BREATHING, EXPONENT, LAYERS, STIFFNESS, THICKNESS, elastic_force
from sim.person.parameters import RADIUS_EXPONENT, RATE_DAMPING_S_PER_M
from sim.surroundings.carry_spheres import carry_spheres
from sim.surroundings.link_spheres import CARRIER, RADIUS, WORLD
from sim.surroundings.room import (
    EDGE_M,
    GRID,
    OUTLINE,
    PAD_RADIUS,
    RIGID_DAMPING_S_PER_M,
    RIGID_FRICTION,
    RIGID_STIFFNESS_N_PER_M,
    SKIN_FRICTION,
    SKIN_THING,
    TABLE_STIFFNESS_N_PER_M,
    TABLE_THING,
)
from sim.surroundings.seek import AWAY, HIT_DEPTH, PLACE, PUSH, SPHERE, count_way, first_due, seek
from trajectories.anatomy.spline import evaluate_layers

Array = NDArray[np.float64]

SLIP_DAMPING_NS_PER_M = 200.0
"""Largest friction per slip speed (design choice): 0.2 kg bear it in steps of 1 ms."""


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
    values, slip = np.zeros((LAYERS, 3)), np.zeros(3)
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
    count_way(state[MOTION : MOTION + joints], state[PATIENT:PAD], room)
    begin = first_due(room, spheres)
    if begin == spheres.shape[0]:
        return 0
    carry_spheres(chain, state[MOTION : at.wrench], spheres, begin)
    found = seek(maps, layers, column, room, state, spheres, hits, begin)
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

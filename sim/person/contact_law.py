"""Contact of one spherical pad with the soft, moving skin: compiled, in SI units, world frame.

Elastic law ``f(d)``: power law up to 0.6 of the thickness, then a tangent stiffness that grows threefold per tenth of
the thickness. Relaxation is quasi-linear (Fung): ``F = g f + sum h_i, h_i' = -h_i/tau_i + g_i f'``; each branch is a
passive element for any rising ``f``. Skin does not stick: where the formula asks for pulling, the surface has let
go, its own ``f`` follows from F = 0, and a dent remains that fills up again. The memory travels with the pad while it
touches and is forgotten once the pad has left the dent (assumed: material that is passed over is not tracked). Left
out: the compliance of the whole body on the couch, friction against spinning about the normal, and the tangential
force of a stiffness that changes along the skin (smaller than friction, see ``TissueMap``).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from controller.compiled import compiled
from sim.person.parameters import (
    BRISTLE_DAMPING_N_S_PER_M,
    BRISTLE_STIFFNESS_N_PER_M,
    RATE_DAMPING_S_PER_M,
    REFERENCE_DEPTH_M,
    RELAXATION_SHARES,
    RELAXATION_TIMES_S,
    STOP_GROWTH,
    STOP_SHARE,
    STOP_STIFFNESS_N_PER_M,
    equilibrium_share,
)
from trajectories.anatomy.spline import evaluate_layers

Array = NDArray[np.float64]

HEIGHT, BREATHING, STIFFNESS, EXPONENT, THICKNESS = range(5)
"""Layers: skin height [m], breathing amplitude [m], log of the instant force [N] at the reference depth, exponent,
thickness over bone [m]."""
LAYERS = 5
SHAPE_LAYERS = 2
"""The first layers, which shape the moving surface."""

FORCE, FOOT, NORMAL, DEPTH, PRESS, DEPTH_RATE, POWER, SKIN_AMPLITUDE, MOMENT = 0, 3, 6, 9, 10, 11, 12, 13, 14
"""Where a contact result holds the force on the pad, foot, outward normal (3 each), depth, press force, depth rate,
power from the pad into the body, breathing amplitude at the foot, moment on the pad about the foot (3), which this law
never has."""
RESULT_SIZE = 17

BRANCHES = len(RELAXATION_TIMES_S)
ELASTIC, BRISTLE, SPOT, TOUCHED = BRANCHES, BRANCHES + 1, BRANCHES + 4, BRANCHES + 7
"""Where a contact memory holds the last elastic force, the bristle and the last foot (3 each), and whether it touched;
the relaxation branches come first."""
MEMORY_SIZE = BRANCHES + 8
FORGET_M = 0.02
"""Distance from its last foot at which a lifted pad meets fresh skin: about one contact radius (assumed)."""

ASTRAY_M = 0.002
"""How much farther than its distance from the tangent plane a foot may be; beyond it the search has not converged."""

_LOG_GROWTH = math.log(STOP_GROWTH)


def relaxation_table(dt_s: float, is_relaxing: bool = True) -> Array:
    """Return the (3, branches) filter of one step: decay, gain, and the equilibrium share in [2, 0].

    Exact for an elastic force that is linear over the step: ``h+ = decay h + gain (f+ - f)``.
    """
    table = np.zeros((3, BRANCHES))
    table[2, 0] = 1.0
    if is_relaxing:
        times = np.array(RELAXATION_TIMES_S)
        table[0] = np.exp(-dt_s / times)
        table[1] = np.array(RELAXATION_SHARES) * times / dt_s * -np.expm1(-dt_s / times)
        table[2, 0] = equilibrium_share()
    return table


@compiled
def elastic_force(depth_m: float, reference_n: float, exponent: float, thickness_m: float) -> float:
    """Return the instant elastic force [N] at a depth [m].

    Args:
        depth_m: indentation.
        reference_n: instant force of the power law at ``REFERENCE_DEPTH_M``.
        exponent: n of the power law.
        thickness_m: tissue over bone.
    """
    if depth_m <= 0.0:
        return 0.0
    stop = STOP_SHARE * thickness_m
    if depth_m <= stop:
        return float(reference_n * (depth_m / REFERENCE_DEPTH_M) ** exponent)
    force = reference_n * (stop / REFERENCE_DEPTH_M) ** exponent
    stiffness = exponent * force / stop
    length = 0.1 * thickness_m / _LOG_GROWTH
    reach = depth_m - stop
    growing = length * math.log(max(1.0, STOP_STIFFNESS_N_PER_M / stiffness))
    if reach <= growing:
        return float(force + stiffness * length * math.expm1(reach / length))
    largest = max(stiffness, STOP_STIFFNESS_N_PER_M)
    return float(force + stiffness * length * math.expm1(growing / length) + largest * (reach - growing))


@compiled
def relaxed_force(elastic_n: float, memory: Array, relaxation: Array) -> float:
    """Advance the relaxation by one step and return the force [N], zero where the skin has let go.

    Args:
        elastic_n: instant elastic force at the pad's depth.
        memory: contact memory, changed.
        relaxation: filter of ``relaxation_table``.
    """
    slope, offset = relaxation[2, 0], 0.0
    for i in range(BRANCHES):
        slope += relaxation[1, i]
        offset += relaxation[0, i] * memory[i] - relaxation[1, i] * memory[ELASTIC]
    force = slope * elastic_n + offset
    if not force > 0.0:
        force = 0.0
        elastic_n = max(0.0, -offset / slope)
    for i in range(BRANCHES):
        memory[i] = relaxation[0, i] * memory[i] + relaxation[1, i] * (elastic_n - memory[ELASTIC])
    memory[ELASTIC] = elastic_n
    return float(force)


@compiled
def _over(
    layers: Array, grid: Array, motion: Array, point: Array, x: float, y: float, values: Array, result: Array
) -> float:
    """Take the skin at x, y as the foot; return the distance of the point from its tangent plane there [m]."""
    evaluate_layers(layers[:SHAPE_LAYERS], grid[0], grid[1], grid[2], x, y, values)
    height = values[HEIGHT, 0] + motion[0] * values[BREATHING, 0] + motion[2]
    slope_x = values[HEIGHT, 1] + motion[0] * values[BREATHING, 1]
    slope_y = values[HEIGHT, 2] + motion[0] * values[BREATHING, 2]
    inverse = 1.0 / math.sqrt(1.0 + slope_x * slope_x + slope_y * slope_y)
    n0, n1, n2 = -slope_x * inverse, -slope_y * inverse, inverse
    result[FOOT], result[FOOT + 1], result[FOOT + 2] = x, y, height
    result[NORMAL], result[NORMAL + 1], result[NORMAL + 2] = n0, n1, n2
    return float((point[0] - x) * n0 + (point[1] - y) * n1 + (point[2] - height) * n2)


@compiled
def closest_foot(layers: Array, grid: Array, motion: Array, point: Array, values: Array, result: Array) -> float:
    """Find the closest point of the moving skin by fixed-point iteration along the normal.

    Far above a hollow, farther than its radius of curvature, the iteration goes astray and could report a contact from
    there; then the foot is the skin right below, and up is the normal.

    Args:
        layers: (L, n, m) spline coefficients, height and breathing amplitude first.
        grid: x0 [m], y0 [m], inverse spacing [1/m].
        motion: breathing phase value, its rate [1/s], lift of the body [m], its speed [m/s].
        point: (3,) centre of the pad.
        values: (L, 3) room for layer values; holds the shape layers at the foot afterwards.
        result: contact result; foot and normal are written.

    Returns:
        Distance of the point from the skin along the outward normal [m].
    """
    distance = _over(layers, grid, motion, point, point[0], point[1], values, result)
    for _ in range(3):
        x, y = point[0] - distance * result[NORMAL], point[1] - distance * result[NORMAL + 1]
        distance = _over(layers, grid, motion, point, x, y, values, result)
    away = 0.0
    for i in range(3):
        away += (point[i] - result[FOOT + i]) ** 2
    if away > (abs(distance) + ASTRAY_M) ** 2:
        _over(layers, grid, motion, point, point[0], point[1], values, result)
        result[NORMAL], result[NORMAL + 1], result[NORMAL + 2] = 0.0, 0.0, 1.0
        distance = point[2] - result[FOOT + 2]
    return distance


@compiled
def rub(result: Array, slip: Array, press_n: float, friction: float, memory: Array, dt_s: float) -> None:
    """Add bristle friction to the force of a contact result; changes the bristle in the memory.

    Sticks like a spring with damping, slides at ``friction * press_n``; the stretch never exceeds what the cone can
    hold, so a shrinking press force loses energy and none is made.

    Args:
        result: contact result with the normal.
        slip: (3,) velocity of the pad's surface relative to the skin, tangential [m/s].
        press_n: force along the normal.
        friction: Coulomb coefficient.
        memory: contact memory.
        dt_s: period [s].
    """
    along = 0.0
    for i in range(3):
        along += memory[BRISTLE + i] * result[NORMAL + i]
    limit, stretch, total = friction * press_n, 0.0, 0.0
    for i in range(3):
        memory[BRISTLE + i] += slip[i] * dt_s - along * result[NORMAL + i]
        stretch += memory[BRISTLE + i] ** 2
        total += (BRISTLE_STIFFNESS_N_PER_M * memory[BRISTLE + i] + BRISTLE_DAMPING_N_S_PER_M * slip[i]) ** 2
    stretch, total = math.sqrt(stretch), math.sqrt(total)
    scale = 1.0 if total <= limit else limit / total
    for i in range(3):
        pull = BRISTLE_STIFFNESS_N_PER_M * memory[BRISTLE + i] + BRISTLE_DAMPING_N_S_PER_M * slip[i]
        result[FORCE + i] -= scale * pull
    longest = limit / BRISTLE_STIFFNESS_N_PER_M
    if stretch > longest:
        for i in range(3):
            memory[BRISTLE + i] *= longest / stretch


@compiled
def locate(
    layers: Array, grid: Array, motion: Array, pad: Array, radius_m: float, values: Array, result: Array
) -> float:
    """Write where the pad is over or in the skin, and no force; return its centre's distance from the skin [m].

    Args:
        layers: as for ``touch``.
        grid: as for ``touch``.
        motion: as for ``touch``.
        pad: as for ``touch``.
        radius_m: of the pad.
        values: (``LAYERS``, 3) room; holds the shape layers at the foot afterwards.
        result: (``RESULT_SIZE``,) foot, normal, depth, its rate and breathing amplitude; force, press and power are 0.
    """
    distance = closest_foot(layers, grid, motion, pad[:3], values, result)
    skin_speed = motion[1] * values[BREATHING, 0] + motion[3]
    normal = result[NORMAL : NORMAL + 3]
    rate = -(pad[3] * normal[0] + pad[4] * normal[1] + (pad[5] - skin_speed) * normal[2])
    result[DEPTH], result[DEPTH_RATE], result[PRESS], result[POWER] = radius_m - distance, rate, 0.0, 0.0
    result[SKIN_AMPLITUDE] = values[BREATHING, 0]
    result[FORCE : FORCE + 3] = 0.0
    return distance


@compiled
def touch(
    layers: Array, grid: Array, motion: Array, pad: Array, law: Array, relaxation: Array, memory: Array, result: Array
) -> None:
    """Compute the contact of a pad at an instant and advance its memory by one period.

    Args:
        layers: (5, n, m) spline coefficients, in the order of ``HEIGHT`` to ``THICKNESS``.
        grid: x0 [m], y0 [m], inverse spacing [1/m].
        motion: breathing phase value, its rate [1/s], lift of the body [m], its speed [m/s].
        pad: centre (3) [m], velocity (3) [m/s], angular velocity (3) [rad/s].
        law: pad radius [m], friction coefficient, period [s].
        relaxation: filter of ``relaxation_table``.
        memory: (``MEMORY_SIZE``,) contact memory, changed.
        result: (``RESULT_SIZE``,) what happened.
    """
    values = np.zeros((LAYERS, 3))
    radius = law[0]
    distance = locate(layers, grid, motion, pad, radius, values, result)
    normal, depth, rate = result[NORMAL : NORMAL + 3], result[DEPTH], result[DEPTH_RATE]
    skin_speed = motion[1] * values[BREATHING, 0] + motion[3]
    if depth <= 0.0 and memory[TOUCHED] == 0.0:
        return
    elastic = 0.0
    if depth > 0.0:
        foot = result[FOOT : FOOT + 3]
        evaluate_layers(layers, grid[0], grid[1], grid[2], foot[0], foot[1], values)
        elastic = elastic_force(depth, math.exp(values[STIFFNESS, 0]), values[EXPONENT, 0], values[THICKNESS, 0])
        memory[SPOT : SPOT + 3], memory[TOUCHED] = foot, 1.0
    press = relaxed_force(elastic, memory, relaxation) * max(0.0, 1.0 + RATE_DAMPING_S_PER_M * rate)
    if press <= 0.0 or depth <= 0.0:
        memory[BRISTLE : BRISTLE + 3] = 0.0
        gone = (result[FOOT] - memory[SPOT]) ** 2 + (result[FOOT + 1] - memory[SPOT + 1]) ** 2
        if gone > FORGET_M * FORGET_M:
            memory[:] = 0.0
        return
    result[PRESS] = press
    slip = np.zeros(3)
    lever = -distance
    slip[0] = pad[3] + lever * (pad[7] * normal[2] - pad[8] * normal[1]) + rate * normal[0]
    slip[1] = pad[4] + lever * (pad[8] * normal[0] - pad[6] * normal[2]) + rate * normal[1]
    slip[2] = pad[5] + lever * (pad[6] * normal[1] - pad[7] * normal[0]) + rate * normal[2] - skin_speed
    result[FORCE : FORCE + 3] = press * normal
    rub(result, slip, press, law[1], memory, law[2])
    for i in range(3):
        result[POWER] -= result[FORCE + i] * (slip[i] - rate * normal[i])
    result[POWER] -= result[FORCE + 2] * skin_speed

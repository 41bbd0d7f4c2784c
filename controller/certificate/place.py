"""Where the tool is and what it feels there, compiled: ``PlaceWatch``, keep-outs, forces, lost contact."""

from __future__ import annotations

import math

from controller.certificate.layout import (
    APPROACH,
    APPROACHING,
    FREE,
    LIFTING,
    OBSERVER,
    TO_REST,
    TRANSFER,
    WORK,
    WORKING,
    Array,
    Record,
)
from controller.certificate.senses import TOUCHED_TICKS, leaky
from controller.compiled import compiled
from controller.safety.free_motion import UNEXPECTED_N
from controller.safety.leaky import LEAK, NOISY_LEAK
from controller.safety.place_watch import UNIT_TOLERANCE

ROOM = 1e-12
"""Share by which a length must be clear of its limit: the gate's lengths may be rounded in another way."""
TINY = 1e-150
"""A length whose square is lost is below this."""


@compiled
def is_short(square: float, allowed: float) -> bool:
    """Return True where the length with this square is surely within its limit."""
    return math.sqrt(square) * (1.0 + ROOM) + TINY <= allowed


@compiled
def axis(now: Record, limits: Record) -> bool:
    """``PlaceWatch.axis`` of one pad at the origin of T, which has no lever."""
    x, lim = now[0], limits[0]
    a, b, c = x.normal_w[0], x.normal_w[1], x.normal_w[2]
    cosine = a * x.planned_w[0] + b * x.planned_w[1] + c * x.planned_w[2]
    return bool(abs(a * a + b * b + c * c - 1.0) <= UNIT_TOLERANCE and cosine >= lim.axis_cosine)


@compiled
def forces(now: Record, limits: Record, is_sampled: float) -> bool:
    """``Monitor._force`` before plausibility: measured and observed press force, wrist force, pressure."""
    x, lim = now[0], limits[0]
    is_pad_within = x.press_n <= x.trip_n and x.observer_n <= x.trip_n + lim.observer_margin_n
    is_sum_within = x.press_n <= x.sum_trip_n and x.observer_n <= x.sum_trip_n + lim.observer_margin_n
    square = x.wrench_s[0] ** 2 + x.wrench_s[1] ** 2 + x.wrench_s[2] ** 2
    is_tool_within = is_sampled == 0.0 or is_short(square, lim.tool_trip_n)
    return bool(is_pad_within and is_sum_within and is_tool_within and x.press_n / lim.area_m2 <= lim.pressure_pa)


@compiled
def plausible(memory: Record, now: Record, limits: Record, bounds: Array, jbar_t: Array) -> bool:
    """``Plausibility.watch`` where sensor and joint torques say the same; False where they do not."""
    m, x, lim = memory[0], now[0], limits[0]
    gap = abs(x.press_n - x.observer_n)
    is_near = gap <= lim.observer_margin_n
    if not is_near and x.contact == FREE:
        reflected = 0.0
        for j in range(jbar_t.shape[1]):
            along = x.normal_w[0] * jbar_t[0, j] + x.normal_w[1] * jbar_t[1, j] + x.normal_w[2] * jbar_t[2, j]
            reflected += abs(along) * bounds[OBSERVER, j]
        is_near = gap <= lim.observer_base_n + reflected
    m.pressed_apart = leaky(m.pressed_apart, 1.0, NOISY_LEAK, False)
    m.pressed_unfelt = leaky(m.pressed_unfelt, 1.0, NOISY_LEAK, False)
    m.pulled_apart = leaky(m.pulled_apart, 1.0, NOISY_LEAK, False)
    m.pulled_unfelt = leaky(m.pulled_unfelt, 1.0, NOISY_LEAK, False)
    is_counted = m.pressed_apart < lim.implausible_ticks and m.pulled_apart < lim.implausible_ticks
    return bool(is_near and x.is_trusted == 1.0 and is_counted)


@compiled
def untouched(memory: Record, now: Record) -> bool:
    """``FreeMotionWatch.watch`` of a pad whose sensor is trusted."""
    m, x = memory[0], now[0]
    if x.phase not in (TRANSFER, TO_REST) or x.contact != FREE:
        m.touched = 0.0
        return True
    m.touched = leaky(m.touched, 1.0, LEAK, not x.press_n <= UNEXPECTED_N)
    return bool(m.touched < TOUCHED_TICKS)


@compiled
def clearance(grid: Array, limits: Record, x: float, y: float) -> float:
    """``keep_out.clearance_m``: the distance from the keep-outs [m], minus infinity off the grid."""
    lim = limits[0]
    u, w = (x - lim.grid_x0_m) / lim.grid_spacing_m, (y - lim.grid_y0_m) / lim.grid_spacing_m
    if not (0.0 <= u < grid.shape[0] - 1 and 0.0 <= w < grid.shape[1] - 1):
        return -math.inf
    i, j = int(u), int(w)
    a, b = u - i, w - j
    low, high = grid[i], grid[i + 1]
    return float((1.0 - a) * ((1.0 - b) * low[j] + b * low[j + 1]) + a * ((1.0 - b) * high[j] + b * high[j + 1]))


@compiled
def allowed_place(now: Record, limits: Record, grid: Array, p_wt: Array) -> bool:
    """``keep_out.pressed_inside``: no pad presses in a keep-out."""
    x, lim = now[0], limits[0]
    if lim.has_keep_out == 0.0 or x.phase not in (APPROACHING, WORKING, LIFTING) or x.press_n <= lim.light_n:
        return True
    at_x, at_y = p_wt[0] - lim.pad_radius_m * x.normal_w[0], p_wt[1] - lim.pad_radius_m * x.normal_w[1]
    return bool(clearance(grid, limits, at_x, at_y) >= 0.0)


@compiled
def touching(memory: Record, now: Record, limits: Record, gap: float) -> bool:
    """``Monitor._contact``: a stroke has not lost the skin for long."""
    m, x, lim = memory[0], now[0], limits[0]
    m.skinless_s = leaky(m.skinless_s, gap, LEAK, m.was_skinless == 1.0)
    is_lost = x.contact == WORK and not x.press_n >= lim.contact_lost_n
    m.was_skinless = 1.0 if is_lost else 0.0
    return bool(not is_lost or m.skinless_s <= lim.contact_lost_s)


@compiled
def tool(now: Record, limits: Record, twists: Array, p_wt: Array) -> bool:
    """``PlaceWatch.tool``: speeds by the law and corrected, room, distance from the path."""
    x, lim = now[0], limits[0]
    for i in range(2):
        square = twists[i, 0] ** 2 + twists[i, 1] ** 2 + twists[i, 2] ** 2
        if not is_short(square, lim.tool_speed_m_s):
            return False
    for i in range(3):
        if not lim.workspace_low_m[i] <= p_wt[i] <= lim.workspace_high_m[i]:
            return False
    return bool(x.plan_error_m <= lim.path_m)


@compiled
def depth(now: Record, p_wt: Array) -> bool:
    """``PlaceWatch.depth``: how far the pad is beyond its planned place while force is controlled."""
    x = now[0]
    beyond = (
        (x.planned_m[0] - p_wt[0]) * x.planned_w[0]
        + (x.planned_m[1] - p_wt[1]) * x.planned_w[1]
        + (x.planned_m[2] - p_wt[2]) * x.planned_w[2]
    )
    return bool(x.phase not in (APPROACHING, WORKING) or beyond <= x.depth_m)


@compiled
def outward(twist: Array, normal_w: Array) -> float:
    """Return the speed along a normal [m/s]."""
    return float(twist[0] * normal_w[0] + twist[1] * normal_w[1] + twist[2] * normal_w[2])


@compiled
def descent(memory: Record, now: Record, limits: Record, twists: Array, gap: float) -> bool:
    """``PlaceWatch.descent``: the way of an approach that has found no skin."""
    m, x, lim = memory[0], now[0], limits[0]
    if x.contact == APPROACH:
        by_law, corrected = outward(twists[0], x.normal_w), outward(twists[1], x.normal_w)
        m.descent_m -= (corrected if corrected < by_law else by_law) * gap
    else:
        m.descent_m = 0.0
    return bool(m.descent_m <= lim.descent_m)


@compiled
def dwell(memory: Record, now: Record, limits: Record, p_wt: Array) -> bool:
    """``PlaceWatch.dwell``: pressing on one spot; False too where it cannot be told whether it is still that one."""
    m, x, lim = memory[0], now[0], limits[0]
    if x.contact == WORK:
        square = 0.0
        for i in range(3):
            square += (p_wt[i] - m.spot_w[i]) ** 2
        if is_short(square, lim.dwell_m):
            return bool(m.now_s - m.spot_since_s <= lim.dwell_s)
        if math.sqrt(square) <= lim.dwell_m * (1.0 + ROOM) + TINY:
            return False
    for i in range(3):
        m.spot_w[i] = p_wt[i]
    m.spot_since_s = m.now_s
    return True

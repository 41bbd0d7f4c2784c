"""What the senses say, compiled: clock, drives, wrist sensor; the same arithmetic as the gate's watchers, bit for bit.

Every function returns False where its watcher would stop, or where it is not sure; what it has written is thrown away
then. Comparisons are written so that NaN is False.
"""

from __future__ import annotations

import math

from controller.certificate.layout import AGE, FAULT, TEMPERATURE, VOLTAGE, Array, Record
from controller.compiled import compiled
from controller.safety.free_motion import UNEXPECTED_TICKS
from controller.safety.leaky import LEAK
from controller.safety.monitor import COMMAND_AGE_S
from controller.safety.own_time import SLOW_S, STILL_SHARE
from controller.safety.swing_watch import LARGEST_N, SWING_N

LARGEST = 1e100
"""No number that comes in may be larger: whatever is made of such numbers is finite where it must be."""
EXACT = 2.0**53
"""Whole numbers up to this have a float of their own."""
TOUCHED_TICKS = float(UNEXPECTED_TICKS)


@compiled
def leaky(level: float, amount: float, leak: float, is_bad: bool) -> float:
    """Return the level of ``LeakyCount`` after a step."""
    if is_bad:
        return level + amount
    rest = level - leak * amount
    return rest if rest > 0.0 else 0.0


@compiled
def are_numbers(values: Array) -> bool:
    """Return True where all are finite and not beyond ``LARGEST``."""
    are_all_so = True
    for value in values:
        are_all_so = are_all_so and abs(value) <= LARGEST
    return are_all_so


@compiled
def clock(memory: Record, now: Record, limits: Record) -> bool:
    """``OwnTime.step`` of a loop that has the drives; the session time that is believed goes into the memory."""
    m, reading, lim = memory[0], now[0].t_s, limits[0]
    gap = reading - m.clock_last_s
    if not 0.0 <= gap <= lim.jump_clock_s:
        return False
    missing = m.clock_missing_s + STILL_SHARE * lim.dt_s - gap
    m.clock_missing_s = missing if missing > 0.0 else 0.0
    m.clock_last_s = reading
    believed = reading + m.clock_offset_s
    if not math.isfinite(believed):
        return False
    m.now_s = m.now_s if m.now_s > believed else believed
    return bool(m.clock_missing_s <= SLOW_S and m.now_s <= lim.session_s)


@compiled
def link(now: Record, limits: Record, gap: float) -> bool:
    """``Monitor._authority`` and the time since the last tick that ``Monitor._time`` allows."""
    x, lim = now[0], limits[0]
    is_in_time = 0.0 <= gap <= lim.late_s and x.supervisor_age_s <= lim.supervisor_age_s
    return bool(is_in_time and x.command_age_s - gap <= COMMAND_AGE_S)


@compiled
def are_all(values: Array, lowest: float, highest: float, is_fitted: float) -> bool:
    """Return True where all are within, or are no numbers of a sense that the rig does not have: ``first_bad``."""
    for value in values:
        is_missing = is_fitted == 0.0 and math.isnan(value)
        if not (lowest <= value <= highest or is_missing):
            return False
    return True


@compiled
def drives(given: Array, limits: Record) -> bool:
    """``Monitor._drives``: faults, temperatures, voltages and ages of all joints."""
    lim = limits[0]
    return (
        are_all(given[FAULT], 0.0, 0.0, lim.has_faults)
        and are_all(given[TEMPERATURE], -math.inf, lim.temperature_c, lim.has_temperatures)
        and are_all(given[VOLTAGE], lim.low_v, lim.high_v, lim.has_voltages)
        and are_all(given[AGE], -math.inf, lim.joint_age_s, lim.has_ages)
    )


@compiled
def sample(memory: Record, now: Record, limits: Record) -> bool:
    """``Monitor._sample`` and ``Monitor._frozen`` of a wrench that is a number."""
    m, x, lim = memory[0], now[0], limits[0]
    steps = x.wrench_sequence - m.last_sequence
    if not (steps >= 0.0 and abs(x.wrench_sequence) <= EXACT and abs(m.last_sequence) <= EXACT):
        return False
    if steps > 0.0:
        is_same = True
        for i in range(6):
            is_same = is_same and x.wrench_s[i] == m.last_wrench[i]
            m.last_wrench[i] = x.wrench_s[i]
        m.repeated = leaky(m.repeated, 1.0, LEAK, is_same)
        m.last_sequence, m.sampled_s = x.wrench_sequence, m.now_s
    is_fresh = x.sensor_age_s <= lim.sensor_age_s
    m.is_sampled = 1.0 if is_fresh else 0.0
    m.bad_samples = leaky(m.bad_samples, 1.0, LEAK, not is_fresh)
    is_alive = m.repeated < lim.frozen_ticks and m.now_s - m.sampled_s <= lim.sensor_gap_s
    return bool(is_alive and m.bad_samples < lim.stale_ticks)


@compiled
def swing(memory: Record, now: Record, limits: Record) -> bool:
    """``SwingWatch.watch``: what is left of the wrist force beyond two low-passes, and its mean square."""
    m, x, lim = memory[0], now[0], limits[0]
    square = 0.0
    for i in range(3):
        m.swing_first[i] += lim.swing_share * (x.wrench_s[i] - m.swing_first[i])
        m.swing_second[i] += lim.swing_share * (m.swing_first[i] - m.swing_second[i])
        beyond = x.wrench_s[i] - m.swing_second[i]
        square += beyond * beyond
    most = LARGEST_N * LARGEST_N
    m.swing_square_n2 += lim.swing_mean_share * ((most if most < square else square) - m.swing_square_n2)
    return bool(m.swing_square_n2 <= SWING_N * SWING_N)

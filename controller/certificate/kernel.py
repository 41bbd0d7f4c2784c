"""Is there nothing to stop and nothing to lower in this tick? If so, everything that the gate remembers is advanced."""

from __future__ import annotations

import math

import numpy as np

from controller.certificate import motion, place, press, senses
from controller.certificate.layout import DQ, MEASURED, NOW_ROWS, TAU, TO_PLAN, Array, Q, Record
from controller.compiled import compiled
from controller.own_model_kernel import derive

GAIN, PRESS_N, LIMIT_N = range(3)
"""What is told of a tick that passes: share of the gain, static press force [N], bound in force for it [N]."""


@compiled
def are_sound(packed: Array, made: Array, terms: Array, n: int) -> bool:
    """Return True where all but the senses of the drives, which may lack, and the own terms are numbers."""
    given = packed[: NOW_ROWS * n].reshape(NOW_ROWS, n)
    for row in (TAU, Q, DQ, MEASURED):
        if not senses.are_numbers(given[row]):
            return False
    are_given = senses.are_numbers(packed[NOW_ROWS * n :]) and senses.are_numbers(made) and senses.are_numbers(terms)
    return are_given and motion.is_rotation(terms[-12:-3].reshape(3, 3))


@compiled
def advance_senses(memory: Record, now: Record, given: Array, limits: Record, gap: float) -> bool:
    """Return True where nothing is wrong with link, drives and wrist sensor."""
    return (
        senses.link(now, limits, gap)
        and senses.drives(given, limits)
        and senses.sample(memory, now, limits)
        and place.axis(now, limits)
        and place.forces(now, limits, memory[0].is_sampled)
        and place.untouched(memory, now)
        and senses.swing(memory, now, limits)
    )


@compiled
def advance_place(
    memory: Record, now: Record, limits: Record, grid: Array, twists: Array, p_wt: Array, gap: float
) -> bool:
    """Return True where the tool is where it may be and moves as it may."""
    return (
        place.allowed_place(now, limits, grid, p_wt)
        and place.touching(memory, now, limits, gap)
        and place.tool(now, limits, twists, p_wt)
        and place.depth(now, p_wt)
        and place.descent(memory, now, limits, twists, gap)
        and place.dwell(memory, now, limits, p_wt)
    )


@compiled
def advance_press(
    memory: Record, now: Record, given: Array, limits: Record, bounds: Array, made: Array, twists: Array, told: Array
) -> bool:
    """Return True where the static loads of the command are within every bound; write what goes out and is told."""
    n = given.shape[1]
    jbar_t, bias, normal = made[6 : 6 + 6 * n].reshape(6, n), made[6 + 6 * n : 6 + 7 * n], now[0].normal_w
    known, loads, sent = np.zeros(press.KNOWN), np.zeros(4), told[3:]
    m, halved = memory[0], 0.0
    gain_share = 1.0
    while halved < max(m.law_halved, m.corrected_halved):
        gain_share *= 0.5
        halved += 1.0
    press.bound(memory, now, limits, twists, gain_share, known)
    press.commanded(given, jbar_t, bias, normal, loads)
    if not press.is_within(given, bounds, limits, known[press.CAP], loads):
        return False
    if now[0].phase < TO_PLAN:
        for j in range(n):
            sent[j] = given[TAU, j]
    elif not press.is_soft(given, bounds, bias, limits, loads, sent):
        return False
    m.last_press_n = press.audited(sent, jbar_t, bias, normal, limits, known[press.LIMIT])
    told[GAIN], told[PRESS_N], told[LIMIT_N] = gain_share, m.last_press_n, known[press.LIMIT]
    return press.tanks(memory, now, limits, known) and not math.isnan(m.last_press_n)


@compiled
def certify(
    before: Array, after: Array, memory: Record, rows: Array, ring: Array, made: Array, packed: Array, now: Record,
    limits: Record, bounds: Array, grid: Array, terms: Array, work: Array,
) -> bool:  # fmt: skip
    """Return True where the gate would let the command through as it is; ``after`` holds what it would remember.

    Args:
        before: memory of the gate before the tick (``rows.Row``); stays as it is.
        after: written, in any case; the next four are parts of it.
        memory: ``MEMORY`` of the gate.
        rows: values of the joints that it remembers.
        ring: samples of the speed check, (``SAMPLES``, 3 + 2 n).
        made: what ``derive`` makes of the terms; behind it the twist of the law, the plan's normal, the count of
            samples, and what is told of the tick.
        packed: numbers of the tick, values of the joints first.
        now: the others by name.
        limits: of the gate.
        bounds: values of the joints among them.
        grid: distance to the keep-outs [m]; any where there are none.
        terms: ``RobotModel.terms`` at the positions and speeds of the tick.
        work: scratch, (n n + 6 n + 36 + 18,).
    """
    n = rows.shape[1]
    for i in range(before.shape[0]):
        after[i] = before[i]
    given = packed[: NOW_ROWS * n].reshape(NOW_ROWS, n)
    own, tail = made[: 6 + 9 * n], made[6 + 9 * n :]
    twists = work[-18:].reshape(3, 6)
    derive(terms, given[DQ], work[:-18], own)
    if not (are_sound(packed, own, terms, n) and senses.clock(memory, now, limits)):
        return False
    gap = memory[0].now_s - memory[0].last_t_s
    for i in range(6):
        twists[2, i] = own[i]
        tail[i] = now[0].v_wt[i]
    motion.twists(memory, rows, now, given, limits, terms[: 6 * n].reshape(6, n), twists)
    for i in range(3):
        tail[6 + i] = now[0].planned_w[i]
    count = motion.keep_sample(memory, rows, given, int(tail[9]), ring)
    tail[9] = float(count)
    jbar_t = own[6 : 6 + 6 * n].reshape(6, n)
    is_well = (
        motion.see_missing(rows, given, own[6 + 7 * n : 6 + 8 * n], own[6 + 8 * n :], limits[0].dt_s)
        and motion.joints(rows, given, bounds, limits[0].jump_rad, gap)
        and count > 0
        and motion.speeds(ring, count)
        and advance_senses(memory, now, given, limits, gap)
        and place.plausible(memory, now, limits, bounds, jbar_t)
        and advance_place(memory, now, limits, grid, twists, terms[-3:], gap)
        and advance_press(memory, now, given, limits, bounds, own, twists, tail[10:])
    )
    memory[0].last_t_s = memory[0].now_s
    for i in range(terms.shape[0]):
        after[after.shape[0] - terms.shape[0] + i] = terms[i]
    return is_well

"""Stiffness of the tissue under the pad, learned from how press force and tool move together.

The force loop reckons the rate of the press force from the tool's motion, so it must know the tissue: reckoned too
soft, the loop has no damping left and swings. Above the frequencies of strokes and breathing the tissue is a spring
between them, so both are high-passed, and the spring follows by least squares with fading memory. A loop that begins
to swing teaches its own tissue within a period. What was learned as stiff is given up slowly; every contact begins
anew.
"""

from __future__ import annotations

import math

from controller.compiled import compiled
from controller.law.memory import Record

HIGH_PASS_PER_S = 40.0
"""Rate of both high-passes: a third of a swing at 20 Hz; the skin's own rise under a stroke, 5 mm/s that change within
a second, leaves 20 um behind the second one, and 100 um behind one alone (design choice)."""
MEMORY_S = 0.15
"""Memory of the fit: a few periods of a swing at 20 Hz (design choice)."""
PRIOR_M = 2e-5
"""Depth at which the fit counts as much as what was expected: 20 um, a force of 0.6 N at 30 N/mm (design choice)."""
GIVEN_UP_S = 10.0
"""Time constant with which a learned stiffness returns to the one expected (assumed: several circles)."""
SAFE_SIDE = 1.3
"""The loop reckons with this much more than was learned: too soft costs damping, too stiff only speed (design choice).
"""
STIFFEST_N_PER_M = 100e3
"""Three times the spring of ISO/TS 15066 for the back; stiffer is not a person (design choice)."""


@compiled
def forget_tissue(gains: Record, state: Record, beyond_m: float) -> None:
    """Begin a contact with the stiffness that is expected, where the tool is now (``learn_tissue``)."""
    state[0].tissue_n_per_m = gains[0].tissue_n_per_m
    _begin_fit(state, beyond_m)


@compiled
def _begin_fit(state: Record, beyond_m: float) -> None:
    """Forget what the fit rests on, but not what was learned from it."""
    s = state[0]
    s.depth_m, s.pressed_n, s.fast_depth_m, s.fast_pressed_n = 0.0, 0.0, 0.0, 0.0
    s.sum_square, s.sum_spring = 0.0, 0.0
    s.beyond_m, s.closing_m_s, s.sample_n = beyond_m, 0.0, s.press_sample_n


@compiled
def learn_tissue(dt: float, gains: Record, state: Record, beyond_m: float, closing_m_s: float, tool_kg: float) -> None:
    """Advance the fit by one tick and write state.tissue_n_per_m.

    Args:
        dt: tick [s].
        gains: ``law_memory.GAINS`` record.
        state: ``law_memory.STATE`` record.
        beyond_m: measured way of the tool beyond its planned place along the inward normal [m]: not the estimated
            motion, which lags where joint friction is unknown.
        closing_m_s: estimated tool speed along the inward normal relative to the plan [m/s].
        tool_kg: mass beyond the wrist sensor, whose inertia the sensor feels too.
    """
    g, s = gains[0], state[0]
    keep, fade = math.exp(-HIGH_PASS_PER_S * dt), 1.0 - dt / MEMORY_S
    inertia_n = tool_kg * (closing_m_s - s.closing_m_s) / dt
    sample_n = s.press_sample_n - inertia_n
    s.fast_depth_m += keep * (s.depth_m + beyond_m - s.beyond_m) - s.depth_m
    s.fast_pressed_n += keep * (s.pressed_n + sample_n - s.sample_n) - s.pressed_n
    s.depth_m = keep * (s.depth_m + beyond_m - s.beyond_m)
    s.pressed_n = keep * (s.pressed_n + sample_n - s.sample_n)
    s.fast_depth_m *= keep
    s.fast_pressed_n *= keep
    s.beyond_m, s.closing_m_s, s.sample_n = beyond_m, closing_m_s, sample_n
    s.sum_square = fade * s.sum_square + dt * s.fast_depth_m**2
    s.sum_spring = fade * s.sum_spring + dt * s.fast_depth_m * s.fast_pressed_n
    prior = PRIOR_M**2 * MEMORY_S
    expected = g.tissue_n_per_m
    learned = (SAFE_SIDE * s.sum_spring + expected * prior) / (s.sum_square + prior)
    relaxed = s.tissue_n_per_m + (expected - s.tissue_n_per_m) * dt / GIVEN_UP_S
    if math.isfinite(learned):
        relaxed = max(relaxed, learned)
    else:
        # What is no number would stay in the sums, and nothing could be learned in this contact any more.
        _begin_fit(state, beyond_m)
    s.tissue_n_per_m = min(STIFFEST_N_PER_M, max(expected, relaxed))


@compiled
def stiffness_share(gains: Record, state: Record) -> float:
    """Return what the force loop keeps of its gains, so that stiffer tissue does not make the loop faster."""
    return float(min(1.0, gains[0].scheduled_n_per_m / state[0].tissue_n_per_m))

"""A glide has no jumps in value, rate and acceleration, and ends exactly at its target."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from controller.steering.glide import Glide

DT_S = 1e-3
DURATION_S = 0.6


@given(st.lists(st.tuples(st.integers(0, 900), st.sampled_from([0.0, 0.2, 0.5, 1.0])), min_size=1, max_size=6))
def test_whatever_the_targets_the_motion_is_smooth(targets: list[tuple[int, float]]) -> None:
    glide = Glide(1.0, DURATION_S)
    rows = [(glide.value, glide.rate, glide.acceleration)]
    for ticks, target in targets:
        glide.aim(target)
        for _ in range(ticks):
            glide.step(DT_S)
            rows.append((glide.value, glide.rate, glide.acceleration))
    for _ in range(round(DURATION_S / DT_S) + 1):
        glide.step(DT_S)
        rows.append((glide.value, glide.rate, glide.acceleration))
    # largest rate and acceleration of a quintic over a way of 1: 1.9/T and 5.8/T^2, and as much again for a turn
    for (a, da, dda), (b, db, ddb) in pairwise(rows):
        assert abs(b - a - 0.5 * (da + db) * DT_S) < 1e-5
        assert abs(db - da - 0.5 * (dda + ddb) * DT_S) < 1e-3
        assert abs(db) < 4.0 / DURATION_S
        assert -0.2 < b < 1.2
    assert (glide.value, glide.rate, glide.acceleration) == (targets[-1][1], 0.0, 0.0)
    assert glide.is_resting


def test_the_target_that_is_aimed_at_already_starts_nothing_anew() -> None:
    glide, other = Glide(0.0, 1.0), Glide(0.0, 1.0)
    glide.aim(1.0)
    other.aim(1.0)
    for _ in range(500):
        glide.aim(1.0)
        glide.step(DT_S)
        other.step(DT_S)
    assert glide.value == other.value

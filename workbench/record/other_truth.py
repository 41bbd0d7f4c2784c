"""What a simulation knows beside the truth of the steps: contacts of links, and the seconds after the end."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controller.types import OtherContact, Touched, Truth

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

MEAN_S = 0.1
"""Other contacts are judged by their mean over this time; what is shorter is a transient (ISO/TS 15066 splits them at
0.5 s; the shorter time is the stricter one)."""
SINGLE_DIGITS = 8
"""Significant digits of a number of 32 bits, rounding by at most 5e-8 of it, as the columns have."""
_TIME_ROUNDING_S = 1e-9


@dataclass(frozen=True, slots=True)
class ContactSample:
    """Contacts of one period, as recorded on ``/other_contact``.

    Attributes:
        t_s: time at which the period began.
        contacts: whatever touched but the pads and the tissue under them.
    """

    t_s: float
    contacts: tuple[OtherContact, ...]


@dataclass(frozen=True, slots=True)
class AfterSample:
    """One period after the end of the session, as recorded on ``/aftermath``.

    Attributes:
        t_s: time at which it began; it goes on from the session's.
        truth: what really happened at the pads.
    """

    t_s: float
    truth: tuple[Truth, ...]


def rounded(sample: AfterSample) -> AfterSample:
    """Return a sample whose numbers, but for the time, have the digits that 32 bits hold: as the columns have."""
    names = [one.name for one in fields(Truth)]
    truth = [replace(pad, **{name: _rounded(getattr(pad, name)) for name in names}) for pad in sample.truth]
    return replace(sample, truth=tuple(truth))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{SINGLE_DIGITS}g}")
    return tuple(_rounded(one) for one in value) if isinstance(value, tuple) else value


@dataclass(frozen=True, slots=True, eq=False)
class OtherTruth:
    """Contacts and the seconds after the end as arrays; m contacts, n periods, p pads.

    Attributes:
        pairs: what touched what: names of links with things.
        touch_s: time of each contact (m,).
        touch_pair: index of what touched (m,).
        touch_n: size of its force (m,).
        after_s: times after the end (n,).
        after_press_n: true press force (n, p).
        after_limit_n: hard limit of the place (n, p).
    """

    pairs: tuple[tuple[str, Touched], ...]
    touch_s: Floats
    touch_pair: Whole
    touch_n: Floats
    after_s: Floats
    after_press_n: Floats
    after_limit_n: Floats

    def transient_n(self) -> float:
        """Return the largest force of a single contact in a single period, 0 where there was none."""
        return float(np.max(self.touch_n, initial=0.0))

    def mean_n(self, dt_s: float) -> float:
        """Return the largest mean over ``MEAN_S`` of the force between one link and one thing, 0 without any."""
        means = [_largest_mean(*self._of(pair), dt_s) for pair in range(len(self.pairs))]
        return max(means, default=0.0)

    def over_limit_samples(self) -> int:
        """Return how many periods after the end had a pad over the limit of its place; NaN counts as over."""
        return int(np.count_nonzero(np.any(~(self.after_press_n <= self.after_limit_n), axis=1)))

    def within(self, begin_s: float, end_s: float) -> OtherTruth:
        """Return what lies in a stretch of session time, both ends included."""
        touch = (self.touch_s >= begin_s) & (self.touch_s <= end_s)
        after = (self.after_s >= begin_s) & (self.after_s <= end_s)
        return OtherTruth(
            self.pairs, self.touch_s[touch], self.touch_pair[touch], self.touch_n[touch],
            self.after_s[after], self.after_press_n[after], self.after_limit_n[after],
        )  # fmt: skip

    def _of(self, pair: int) -> tuple[Floats, Floats]:
        mask = self.touch_pair == pair
        return self.touch_s[mask], self.touch_n[mask]


def _largest_mean(times_s: Floats, forces_n: Floats, dt_s: float) -> float:
    """Return the largest mean over ``MEAN_S``; between the given samples the force is zero."""
    total = np.concatenate([[0.0], np.cumsum(forces_n)])
    begin = np.searchsorted(times_s, times_s - MEAN_S + _TIME_ROUNDING_S, side="right")
    sums = total[1:] - total[begin]
    return float(np.max(sums, initial=0.0)) * dt_s / MEAN_S


class OtherTruthBuilder:
    """Collects contacts and what happens after the end."""

    def __init__(self) -> None:
        self._pairs: dict[tuple[str, Touched], int] = {}
        self._touches: list[tuple[float, int, float]] = []
        self._after: list[tuple[float, tuple[Truth, ...]]] = []

    def touch(self, sample: ContactSample) -> None:
        """Take the contacts of a period."""
        for contact in sample.contacts:
            pair = self._pairs.setdefault((contact.link, contact.touches), len(self._pairs))
            self._touches.append((sample.t_s, pair, math.hypot(*contact.force_w)))

    def after(self, sample: AfterSample) -> None:
        """Take a period after the end."""
        self._after.append((sample.t_s, sample.truth))

    def finish(self) -> OtherTruth:
        """Return all of it as arrays."""
        touches = np.array(self._touches, dtype=np.float64).reshape(-1, 3)
        pads = len(self._after[0][1]) if self._after else 0
        forces = np.array([[(p.press_n, p.limit_n) for p in truth] for _, truth in self._after], dtype=np.float64)
        forces = forces.reshape(len(self._after), pads, 2)
        return OtherTruth(
            tuple(self._pairs), touches[:, 0], touches[:, 1].astype(np.int64), touches[:, 2],
            np.array([t_s for t_s, _ in self._after], dtype=np.float64), forces[..., 0], forces[..., 1],
        )  # fmt: skip


NO_OTHER_TRUTH = OtherTruthBuilder().finish()
"""Of a run that knows of none."""

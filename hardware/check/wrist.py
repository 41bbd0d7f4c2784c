"""The wrist sensor of a rig beside what its file says: rate, noise, zero, gaps and errors."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from controller.types import Vector6
from hardware.check.findings import SENSOR, Finding
from hardware.netft import CURE, Sample
from hardware.rig_content import SensorPart

RATE_SHARE = 0.95
"""Least share of the stated rate (assumed: what a schedule of half a second leaves out at its ends)."""
NOISE_TIMES = 2.0
"""Most noise of an arm at rest over what the file states (assumed: the room shakes it too)."""


@dataclass(frozen=True, slots=True)
class WristRow:
    """What the sensor has sent.

    Attributes:
        samples: how many were taken.
        rate_hz: of those.
        missed: records that never came.
        noise_n: largest rms deviation of a force axis; NaN without sound samples.
        mean_s: mean wrench of the arm at rest, its zero and the tool's weight together [N, Nm].
        errors: samples with a status.
        status: the last status that was not 0.
    """

    samples: int
    rate_hz: float
    missed: int
    noise_n: float
    mean_s: Vector6
    errors: int
    status: int


class WristWatch:
    """Collects samples, one call a cycle."""

    def __init__(self) -> None:
        self._wrenches: list[Vector6] = []
        self._first: int | None = None
        self._last = 0
        self._errors, self._status = 0, 0

    def take(self, sample: Sample) -> None:
        """Take the newest sample; one that was taken before is left out, and the first one only begins the count."""
        if self._first is None:
            self._first = self._last = sample.number
        if sample.number == self._last:
            return
        self._last = sample.number
        if sample.status:
            self._errors, self._status = self._errors + 1, sample.status
        else:
            self._wrenches.append(sample.wrench_s)

    def row(self, span_s: float, missed: int) -> WristRow:
        """Return what was found.

        Args:
            span_s: how long it took.
            missed: records that never came, as the sensor's client counts them.
        """
        count = self._last - (self._first or 0)
        axes = list(zip(*self._wrenches, strict=True)) or [(math.nan,)] * 6
        fx, fy, fz, mx, my, mz = (statistics.fmean(axis) for axis in axes)
        noise_n = max(statistics.pstdev(axis) for axis in axes[:3]) if self._wrenches else math.nan
        rate_hz = count / span_s if span_s > 0.0 else math.nan
        return WristRow(count, rate_hz, missed, noise_n, (fx, fy, fz, mx, my, mz), self._errors, self._status)


def wrist_findings(row: WristRow, part: SensorPart) -> Iterator[Finding]:
    """Yield what is wrong with the sensor."""
    if row.errors:
        yield Finding(SENSOR, f"status {row.status:#010x} in {row.errors} of {row.samples} samples", "0", CURE)
    if not row.rate_hz >= RATE_SHARE * part.rate_hz:
        yield Finding(SENSOR, f"{row.rate_hz:.0f} samples per second", f"{part.rate_hz:g}",
                      "set the rate on its web page, or correct rate_hz of the rig file")  # fmt: skip
    if row.errors >= row.samples:
        return
    if row.noise_n == 0.0 and part.noise_n > 0.0:
        yield Finding(SENSOR, "a wrench that never changes", "the noise of a sensor", CURE)
    if not row.noise_n <= NOISE_TIMES * part.noise_n:
        yield Finding(SENSOR, f"noise of {row.noise_n:.3f} N rms", f"{NOISE_TIMES:g} times {part.noise_n:g} N",
                      "keep the arm still, check its cable, or correct noise_n of the rig file")  # fmt: skip

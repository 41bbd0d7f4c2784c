"""How long a cycle of the bus takes, beside the time that the rig file allows for it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hardware.check.findings import BUS, TIMING, Finding
from hardware.dynamixel.port import BITS_PER_BYTE
from hardware.rig_content import RigFile

WRITE_BYTES, WRITE_BYTES_PER_SERVO = 14, 3
"""A sync write of goal currents: header, id, length, instruction, address, size, CRC; id and current of each servo
(e-manual, Protocol 2.0)."""
LOST_SHARE = 0.01
"""Most cycles without a whole answer (assumed: each of them is a cycle on old positions)."""


@dataclass(frozen=True, slots=True)
class CycleTimes:
    """Times of reading all servos that answer once, as the driver does in every cycle.

    Attributes:
        servos: how many answer.
        cycles: how many were measured.
        lost: how many brought no whole answer.
        read_p50_s: median from the request to the whole answer; NaN without any.
        read_p99_s: 99 % of them are faster.
        write_s: the goal currents on the wire, computed: a check writes nothing.
    """

    servos: int
    cycles: int
    lost: int
    read_p50_s: float
    read_p99_s: float
    write_s: float

    @property
    def delay_p99_s(self) -> float:
        """Time that the bus puts between positions and currents."""
        return self.read_p99_s + self.write_s


def cycle_times(spans_s: Sequence[float], cycles: int, servos: int, baud: int) -> CycleTimes:
    """Return the quantiles.

    Args:
        spans_s: of the cycles with a whole answer.
        cycles: all of them.
        servos: on the bus.
        baud: bits per second.
    """
    ordered = sorted(spans_s)

    def quantile(share: float) -> float:
        return ordered[math.ceil(share * len(ordered)) - 1] if ordered else math.nan

    write_s = BITS_PER_BYTE * (WRITE_BYTES + WRITE_BYTES_PER_SERVO * servos) / baud
    return CycleTimes(servos, cycles, cycles - len(ordered), quantile(0.5), quantile(0.99), write_s)


def lost_findings(times: CycleTimes) -> Iterator[Finding]:
    """Yield that too many cycles are lost."""
    if not times.lost <= LOST_SHARE * times.cycles:
        yield Finding(BUS, f"{times.lost} of {times.cycles} cycles without a whole answer", f"{LOST_SHARE:.0%}",
                      "check cable and terminators, lower the baud")  # fmt: skip


def budget_findings(times: CycleTimes, content: RigFile) -> Iterator[Finding]:
    """Yield what takes longer than the rig file says."""
    measured_ms = 1e3 * times.delay_p99_s
    todo = "set the adapter's latency timer to 1 ms, raise the baud, quieten the computer, or state what it takes"
    for key, allowed_ms in (("period_ms", content.period_ms), ("command_delay_ms", content.command_delay_ms)):
        if not measured_ms <= allowed_ms:
            got = f"read and write of {measured_ms:.2f} ms (99 %)"
            yield Finding(TIMING, got, f"{key} of {allowed_ms:g} ms", todo)

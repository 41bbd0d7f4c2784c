"""Wrist sensor that speaks ATI Net F/T RDT: raw data transfer over UDP.

Source: ATI, Network Force/Torque Sensor System, manual 9620-05, chapter on UDP interface using RDT. Request: header
0x1234, command, number of samples; record: RDT sequence, F/T sequence, status, six counts. All big-endian.
"""

from __future__ import annotations

import math
import socket
import struct
import time
from dataclasses import dataclass

from controller.types import Vector6
from hardware.errors import LinkError

PORT = 49152
"""UDP port of the sensor (manual)."""
_REQUEST = struct.Struct(">HHI")
_RECORD = struct.Struct(">III6i")
HEADER, STOP, STREAM = 0x1234, 0, 2
"""Commands: stop, and high-speed real-time streaming; 0 samples stand for without end."""
FIRST_RECORD_S = 2.0
"""Longest time to the first record (assumed)."""
HALF_RANGE = 1 << 31
"""A sequence number that is farther ahead than this is one of the past."""
NO_WRENCH: Vector6 = (math.nan,) * 6
CURE = "check cable, address and supply of the sensor; its web page must show readings"


@dataclass(frozen=True, slots=True)
class SensorSettings:
    """Where the sensor is, and what its counts mean.

    Attributes:
        host: its address.
        port: its UDP port.
        counts_per_n: counts of a newton, as the sensor's configuration page says.
        counts_per_nm: counts of a newton metre.
        delay_s: age of a record when it arrives: filter and network.
    """

    host: str
    port: int
    counts_per_n: float
    counts_per_nm: float
    delay_s: float


@dataclass(frozen=True, slots=True)
class Sample:
    """The newest wrench.

    Attributes:
        wrench_s: force and moment of the tool side on the sensor, in S [N, Nm]; NaN where the sensor reports an error.
        number: one more with every record that was taken.
        arrived_s: when, by the clock that ``poll`` was given.
        status: the sensor's status word, 0 for none.
    """

    wrench_s: Vector6
    number: int
    arrived_s: float
    status: int


class NetFtSensor:
    """A sensor that streams records; whoever owns it looks for them once a cycle.

    Args:
        settings: where it is.
        is_needed: False where the arm has to be held with or without it: it is asked for a stream and not waited for,
            and until its first record, maybe for ever, its wrench is no number.

    Raises:
        LinkError: it is needed and does not answer.
    """

    def __init__(self, settings: SensorSettings, *, is_needed: bool = True) -> None:
        self._settings = settings
        self._link = f"wrist sensor {settings.host}:{settings.port}"
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._sequence: int | None = None
        self.late = 0
        """Records that came after a newer one and were left out."""
        self.missed = 0
        """Records that never came, by the gaps between those that did."""
        self._sample = Sample(NO_WRENCH, 0, -math.inf, 0)
        try:
            self._socket.connect((settings.host, settings.port))
            self._ask(STOP)
            self._ask(STREAM)
            if is_needed:
                self._wait_for_first()
        except OSError as error:
            if not is_needed:
                return
            self.close()
            raise LinkError(self._link, f"not reached ({error.strerror or error})", CURE) from error
        except LinkError:
            self.close()
            raise

    @property
    def delay_s(self) -> float:
        """Age of a record when it arrives."""
        return self._settings.delay_s

    def poll(self, now_s: float) -> Sample:
        """Take every record that has come and return the newest sample.

        Args:
            now_s: time by the owner's clock.
        """
        while True:
            try:
                record = self._socket.recv(2 * _RECORD.size)
            except OSError:  # nothing there, or nothing reached: the age of the last sample says so
                return self._sample
            if len(record) == _RECORD.size:
                self._take(record, now_s)

    def close(self) -> None:
        """Ask the sensor to stop and give the socket back; never raises."""
        try:
            self._ask(STOP)
        except OSError:
            pass
        finally:
            self._socket.close()

    def _ask(self, command: int) -> None:
        self._socket.send(_REQUEST.pack(HEADER, command, 0))

    def _wait_for_first(self) -> None:
        until_s = time.monotonic() + FIRST_RECORD_S
        while self.poll(0.0).number == 0:
            if not time.monotonic() < until_s:
                raise LinkError(self._link, f"no record within {FIRST_RECORD_S:g} s", CURE)
            time.sleep(0.001)

    def _take(self, record: bytes, now_s: float) -> None:
        sequence, _, status, fx, fy, fz, mx, my, mz = _RECORD.unpack(record)
        if self._sequence is not None:
            ahead = (sequence - self._sequence) % (2 * HALF_RANGE)
            if ahead == 0 or ahead >= HALF_RANGE:
                self.late += 1
                return
            self.missed += ahead - 1
        self._sequence = sequence
        n, nm = self._settings.counts_per_n, self._settings.counts_per_nm
        wrench = (fx / n, fy / n, fz / n, mx / nm, my / nm, mz / nm)
        self._sample = Sample(NO_WRENCH if status else wrench, self._sample.number + 1, now_s, status)

"""One emulated servo: its control table as bytes, and what may be written to it when.

Addresses by the e-manual's pages of XM540-W270 and PH54-200-S500-R, read here independently of the driver's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

TABLE_BYTES = 1024
EEPROM_END = 64
"""First address after the common part of the EEPROM area, both families."""
TURN_RPM_RAD_S = math.tau / 60.0
TICK_S = 0.020
"""Unit of the bus watchdog."""
TRIPPED = 0xFF
DATA_RANGE, DATA_LENGTH, DATA_LIMIT, ACCESS = 4, 5, 6, 7
"""Error numbers of a status packet."""
ALERT = 0x80


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a family keeps what this peer uses.

    Attributes:
        torque, level, error, watchdog, goal_current, current, speed, position, volts, warmth: first bytes.
        goals: first byte of everything that a tripped watchdog locks.
        map_at: first indirect address.
        data_at: first indirect data.
        entries: how many indirect addresses there are.
        has_map_in_eeprom: indirect addresses cannot be written while torque is on.
    """

    torque: int
    level: int
    error: int
    watchdog: int
    goal_current: int
    current: int
    speed: int
    position: int
    volts: int
    warmth: int
    goals: frozenset[int]
    map_at: int
    data_at: int
    entries: int
    has_map_in_eeprom: bool


LAYOUT_X = Layout(
    64, 68, 70, 98, 102, 126, 128, 132, 144, 146, frozenset((100, 102, 104, 116)), 168, 224, 28,
    has_map_in_eeprom=False,
)  # fmt: skip
LAYOUT_P = Layout(
    512, 516, 518, 546, 550, 574, 576, 580, 592, 594, frozenset((548, 550, 552, 564)), 168, 634, 128,
    has_map_in_eeprom=True,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """A model of servo as the peer plays it.

    Attributes:
        number: Model Number.
        layout: of its family.
        counts: of a turn.
        speed_rad_s: unit of Present Velocity.
        current_a: unit of currents.
        largest_current: the factory's Current Limit.
        volts: what its supply shows, in 0.1 V.
    """

    number: int
    layout: Layout
    counts: int
    speed_rad_s: float
    current_a: float
    largest_current: int
    volts: int


KINDS: dict[int, Kind] = {
    **{n: Kind(n, LAYOUT_X, 4096, 0.229 * TURN_RPM_RAD_S, 2.69e-3, 2047, 120)
       for n in (1100, 1110, 1120, 1130, 1170, 1180)},
    **{n: Kind(n, LAYOUT_P, 1_003_846, 0.01 * TURN_RPM_RAD_S, 1e-3, 22_740, 240) for n in (2010, 2020)},
}  # fmt: skip
"""By model number."""


class Servo:
    """A servo that has been switched on, with torque off, in current mode, as the factory left the rest.

    Args:
        servo_id: its id.
        kind: its model.
    """

    def __init__(self, servo_id: int, kind: Kind) -> None:
        self.servo_id, self.kind = servo_id, kind
        self.memory = bytearray(TABLE_BYTES)
        """Its control table; tests spoil it."""
        self.silent_s = 0.0
        """Time since the last packet on the bus."""
        layout = kind.layout
        for address, value, size in (
            (0, kind.number, 2), (6, 48, 1), (7, servo_id, 1), (8, 6, 1), (31, 80, 1), (38, kind.largest_current, 2),
            (63, 52, 1), (layout.level, 2, 1), (layout.volts, kind.volts, 2), (layout.warmth, 31, 1),
        ):  # fmt: skip
            self.put(address, value, size)
        for entry in range(layout.entries):
            self.put(layout.map_at + 2 * entry, layout.data_at + entry, 2)

    def put(self, address: int, value: int, size: int) -> None:
        """Set a register from the inside."""
        self.memory[address : address + size] = value.to_bytes(size, "little", signed=value < 0)

    def get(self, address: int, size: int, *, signed: bool = False) -> int:
        """Return a register from the inside."""
        return int.from_bytes(self.memory[address : address + size], "little", signed=signed)

    @property
    def is_on(self) -> bool:
        """Whether it gives torque."""
        return self.memory[self.kind.layout.torque] == 1

    @property
    def alert(self) -> int:
        """The alert bit of its answers."""
        return ALERT if self.memory[self.kind.layout.error] else 0

    @property
    def goal_a(self) -> float:
        """Current that it is commanded; none without torque or in another mode than current control."""
        if not self.is_on or self.memory[11] != 0:
            return 0.0
        return self.get(self.kind.layout.goal_current, 2, signed=True) * self.kind.current_a

    def show(self, angle_rad: float, speed_rad_s: float, current_a: float) -> None:
        """Show what its encoder and its current sensor see."""
        kind, layout = self.kind, self.kind.layout
        self.put(layout.position, round(angle_rad * kind.counts / math.tau), 4)
        self.put(layout.speed, round(speed_rad_s / kind.speed_rad_s), 4)
        self.put(layout.current, max(-32767, min(32767, round(current_a / kind.current_a))), 2)

    def read(self, address: int, size: int) -> bytes:
        """Return registers as the master reads them, indirect ones through their map."""
        return bytes(self.memory[self._place(address + offset)] for offset in range(size))

    def write(self, address: int, data: bytes) -> int:
        """Write as the master does; return the error number, 0 where it was taken."""
        layout = self.kind.layout
        if address + len(data) > TABLE_BYTES:
            return DATA_LENGTH
        is_map = layout.map_at <= address < layout.map_at + 2 * layout.entries
        is_locked = address < EEPROM_END or (is_map and layout.has_map_in_eeprom)
        if address < 7 or (self.is_on and is_locked):
            return ACCESS
        if self.memory[layout.watchdog] == TRIPPED and address in layout.goals:
            return DATA_RANGE
        is_goal = address == layout.goal_current and len(data) == 2
        if is_goal and abs(int.from_bytes(data, "little", signed=True)) > self.get(38, 2):
            return DATA_LIMIT
        if address == layout.torque and data[:1] == b"\x01" and self.memory[layout.error]:
            return ACCESS
        for offset, byte in enumerate(data):
            self.memory[self._place(address + offset)] = byte
        return 0

    def reboot(self) -> None:
        """Start again: torque off, no error, no goal."""
        layout = self.kind.layout
        for address, size in ((layout.torque, 1), (layout.error, 1), (layout.watchdog, 1), (layout.goal_current, 2)):
            self.put(address, 0, size)

    def pass_time(self, span_s: float) -> None:
        """Let time pass without a packet; a watchdog that trips locks the goals and takes the current off.

        What a servo does in current control is not in the manual: that it goes limp is assumed, the worst case.
        """
        layout = self.kind.layout
        self.silent_s += span_s
        limit = self.memory[layout.watchdog]
        if self.is_on and 1 <= limit < TRIPPED and not self.silent_s <= limit * TICK_S:
            self.memory[layout.watchdog] = TRIPPED
            self.put(layout.goal_current, 0, 2)

    def _place(self, address: int) -> int:
        layout = self.kind.layout
        entry = address - layout.data_at
        return self.get(layout.map_at + 2 * entry, 2) % TABLE_BYTES if 0 <= entry < layout.entries else address

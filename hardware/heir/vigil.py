"""When the heir has to act: pure decisions on what the owner of the bus says and whether its process is there."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from controller.processes.drive_loop import Patience
from hardware.owner.bus_word import BusCell, Power

CHANGING_S = 2.0
"""Longest time that torque may take to come or go: four transactions with every servo, each tried three times, at
some 5 ms (assumed; 0.5 s for seven servos)."""
SILENT_SHARE = 1.0 / 3.0
"""Share of the servos' watchdog that the owner may be silent (design choice): the rest is for the end of the owner,
the port and the first packet, and for a machine that is late with them."""
UNWATCHED_SILENT_S = 0.020
"""Longest silence where the servos have no watchdog: that of a watchdog of 60 ms."""
SILENT_LOOKS = 5
"""How often the heir has to look at least: time in which it was held up itself is nobody's silence."""
LOCK_STEP_SILENT_S = 3.0
"""Longest silence in a rehearsal, where time stands still meanwhile: shorter than what the session loop waits for
senses (5 s), longer than a busy machine holds a process up (assumed)."""


class Finding(enum.Enum):
    """What the heir sees."""

    FINE = "fine"
    DONE = "done"
    """The owner has ended, or is silent in a run that is over, and no servo has torque: nothing is to be inherited."""
    GONE = "gone"
    """The owner has ended while servos may have torque."""
    SILENT = "silent"
    """The owner lives and sends no goals."""


@dataclass(frozen=True, slots=True)
class VigilBounds:
    """How long the owner may be silent.

    Attributes:
        cycle: while it sends goals.
        changing: while it gives or takes torque.
    """

    cycle: Patience
    changing: Patience

    @classmethod
    def of(cls, watchdog_s: float, *, is_lock_step: bool) -> VigilBounds:
        """Return the bounds for a watchdog of the servos [s], 0 for none."""
        if is_lock_step:
            both = Patience(LOCK_STEP_SILENT_S, SILENT_LOOKS)
            return cls(both, both)
        silent_s = SILENT_SHARE * watchdog_s if watchdog_s > 0.0 else UNWATCHED_SILENT_S
        return cls(Patience(silent_s, SILENT_LOOKS), Patience(CHANGING_S, SILENT_LOOKS))


class Silence:
    """How long a counter of somebody has not moved, in looks and in time."""

    def __init__(self) -> None:
        self._count: object = None
        self._since_s, self._looks = 0.0, 0

    def is_over(self, count: object, now_s: float, patience: Patience) -> bool:
        """Return True where it has not moved for longer than the patience.

        Args:
            count: the counter as it is.
            now_s: monotonic time [s].
            patience: for how long, and in how many looks at least.
        """
        if count != self._count:
            self._count, self._since_s, self._looks = count, now_s, 0
            return False
        self._looks += 1
        return self._looks > patience.looks and now_s - self._since_s > patience.wall_s


class Vigil:
    """Looks at the owner again and again.

    Args:
        bounds: how long the owner may be silent.
    """

    def __init__(self, bounds: VigilBounds) -> None:
        self._bounds, self._silence = bounds, Silence()
        self._power, self._beat = Power.OFF, 0

    def look(self, now_s: float, cell: BusCell | None, *, is_gone: bool, is_over: bool = False) -> Finding:
        """Return what is to be said of the owner.

        Args:
            now_s: monotonic time [s].
            cell: its word, None where that cannot be read; read after ``is_gone``, so that a last word is heard.
            is_gone: its process has ended.
            is_over: the run is over.
        """
        if cell is not None:
            self._power, self._beat = cell.power, cell.beat
        is_off = self._power is Power.OFF
        if is_gone:
            return Finding.DONE if is_off else Finding.GONE
        bounds = self._bounds
        patience = bounds.cycle if self._power is Power.ON else bounds.changing
        if not self._silence.is_over((self._power, self._beat), now_s, patience):
            return Finding.FINE
        if is_off:
            return Finding.DONE if is_over else Finding.FINE
        return Finding.SILENT

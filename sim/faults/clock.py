"""The clock that the session loop reads, and the faults that it can have; true time goes on beside it."""

from __future__ import annotations

import math

from sim.faults.kinds import Fault

CLOCK = frozenset({"clock_nan", "clock_back", "clock_jump", "clock_still", "clock_slow"})


class SessionClock:
    """Turns the true time of a period into the time that the session loop reads in it."""

    def __init__(self) -> None:
        self._active: list[tuple[float, Fault]] = []
        self._struck_s: dict[int, float] = {}
        self.is_right = True
        """No fault of the clock has begun."""

    def begin(self, fault: Fault, t_s: float) -> None:
        """Let a fault of the clock begin at a true time [s]."""
        self._active.append((t_s, fault))
        self.is_right = False

    def read(self, t_s: float) -> float:
        """Return the time [s] that the clock shows at a true time [s]; the same however often it is read then."""
        shown_s = t_s
        for index, (began_s, fault) in enumerate(self._active):
            is_first = self._struck_s.setdefault(index, t_s) == t_s
            match fault.name:
                case "clock_nan":
                    shown_s = math.nan if is_first else shown_s
                case "clock_back":
                    shown_s -= fault.value if is_first else 0.0
                case "clock_jump":
                    shown_s += fault.value
                case "clock_still":
                    shown_s -= t_s - began_s
                case _:
                    shown_s -= (1.0 - fault.value) * (t_s - began_s)
        return shown_s

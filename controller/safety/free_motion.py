"""Contact where the plan has none: the pad on its way from stroke to stroke, or to rest."""

from __future__ import annotations

from controller.safety.leaky import LeakyCount
from controller.safety.reaction import stop_reason
from controller.types import Cause, Command, ContactState, Phase, Reference, StopReason

UNEXPECTED_N = 5.0
"""Press force of a pad in free motion that stops the session: the light touch every stroke begins with. Drawn plants of
the typical range stay below 1 N there, 4.2 N in a single tick after a turn of the tool."""
UNEXPECTED_TICKS = 10
"""Ticks above it that count, less a share of those below it (``LeakyCount``; design choice): an outlier is none."""
FREE_PHASES = frozenset({Phase.TRANSFER, Phase.TO_REST})
"""Phases in which nothing may touch and the wrist sensor's zero is known; on the way to the plan it is not yet."""

SENSOR_CAUSES = frozenset(
    {Cause.SENSOR_IMPLAUSIBLE, Cause.SENSOR_FROZEN, Cause.STALE, Cause.NOT_FINITE, Cause.MODEL_MISMATCH}
)
"""Stops after which the wrist sensor, or what hangs on it, is not what the law takes it for."""


class FreeMotionWatch:
    """Counts ticks in which a pad feels a force that no plan explains."""

    def __init__(self) -> None:
        self._touched = LeakyCount()

    def clear(self) -> None:
        """Forget what was counted."""
        self._touched.clear()

    def watch(self, command: Command, reference: Reference, t_s: float) -> StopReason | None:
        """Return why the session must stop, or None.

        Args:
            command: what the law believes of the contact; a force that the wrist sensor does not vouch for is not
                looked at here.
            reference: what the plan wants.
            t_s: session time [s].
        """
        if reference.phase not in FREE_PHASES or command.contact is not ContactState.FREE:
            self._touched.clear()
            return None
        return self._count(command, "press force in free motion", t_s)

    def watch_parking(self, command: Command, stop: StopReason, t_s: float) -> StopReason | None:
        """Return why parking must not go on, or None.

        Args:
            command: what the law believes of the contact.
            stop: why the arm is parked; after some of the reasons the wrist sensor cannot be believed.
            t_s: session time [s].
        """
        if stop.cause in SENSOR_CAUSES:
            return None
        return self._count(command, "press force while parking", t_s)

    def _count(self, command: Command, what: str, t_s: float) -> StopReason | None:
        press_n = max([pad.press_n for pad in command.pads if pad.is_sensor_trusted], default=0.0)
        if self._touched.step(is_bad=not (press_n <= UNEXPECTED_N)) < UNEXPECTED_TICKS:
            return None
        return stop_reason(Cause.UNEXPECTED_CONTACT, what, press_n, UNEXPECTED_N, "N", t_s)

"""Whether wrist sensor and joint torques say the same, and what is wrong where they do not."""

from __future__ import annotations

from controller.safety.leaky import NOISY_LEAK, LeakyCount
from controller.safety.limits import GateLimits
from controller.safety.reaction import stop_reason
from controller.types import Cause, Command, ContactState, Phase, Reference, StopReason

Named = tuple[Cause, str]
"""A cause, and what is said of it."""

UNFELT: Named = (
    Cause.MODEL_MISMATCH,
    "free-air check: press force by joint torques that the wrist sensor does not feel (friction, play or masses of the "
    "joints beside the arm's file, or something touches the arm)",
)
"""On the way to the plan, where the arm is not yet held against its file: a force that the arm feigns, or that does not
act on the tool."""
AT_A_LINK: Named = (
    Cause.UNEXPECTED_CONTACT,
    "contact with a link: press force by joint torques that the wrist sensor does not feel",
)
"""The same force on an arm whose friction and masses are known."""
UNFELT_BY_PHASE = {Phase.TO_PLAN: UNFELT, Phase.TRANSFER: AT_A_LINK, Phase.TO_REST: AT_A_LINK}
"""Phases in which nothing may touch the tool, so that a wrist sensor that feels nothing is right."""
APART: Named = (Cause.SENSOR_IMPLAUSIBLE, "time with sensor and joint torques apart")


class Plausibility:
    """Counts ticks in which wrist sensor and joint torques are apart.

    Args:
        limits: how far they may be apart, and for how long.
    """

    def __init__(self, limits: GateLimits) -> None:
        self._limits = limits
        self._pads = range(len(limits.pads))
        self.clear()

    def clear(self) -> None:
        """Forget what was counted."""
        self._distrusted, self._unfelt = LeakyCount(NOISY_LEAK), LeakyCount(NOISY_LEAK)

    def watch(self, command: Command, reference: Reference, t_s: float, *, is_sampled: bool) -> StopReason | None:
        """Stop where they have been apart for too long, by the name of what is more likely wrong.

        Args:
            command: what the law believes of the contact.
            reference: what the plan wants.
            t_s: session time [s].
            is_sampled: there is a wrist sample of this tick; one that is late says nothing.
        """
        agreed = [command.pads[k].is_sensor_trusted and self._is_near(command, k) for k in self._pads]
        return self._count(command, reference, t_s, is_agreed=all(agreed), is_sampled=is_sampled)

    def _count(
        self, command: Command, reference: Reference, t_s: float, *, is_agreed: bool, is_sampled: bool
    ) -> StopReason | None:
        allowed = self._limits.implausible_ticks
        found = [] if is_agreed else [self.unfelt(command, reference, k, is_sampled=is_sampled) for k in self._pads]
        distrusted = self._distrusted.step(is_bad=not is_agreed)
        unfelt = self._unfelt.step(float(is_agreed or any(found)), is_bad=not is_agreed)
        if distrusted < allowed:
            return None
        cause, what = APART
        if 2.0 * unfelt > distrusted:
            cause, what = UNFELT_BY_PHASE.get(reference.phase, UNFELT)
            what += ", time of it"
        return stop_reason(cause, what, distrusted, allowed, "ticks", t_s)

    def unfelt(self, command: Command, reference: Reference, k: int, *, is_sampled: bool) -> Named | None:
        """Return what it is called where joint torques show a force, and the wrist sensor none, in free motion.

        On the way to the plan friction, play and masses of the joints are not yet held against their file; whatever
        they are off by looks like a force. Once the sensor is rejected, the press force in use is that of the joint
        torques too.

        Args:
            command: what the law believes of the contact.
            reference: what the plan wants.
            k: which pad.
            is_sampled: there is a wrist sample of this tick.
        """
        named = UNFELT_BY_PHASE.get(reference.phase)
        if named is None or command.contact is not ContactState.FREE or not is_sampled:
            return None
        pad = command.pads[k]
        observed_n = abs(pad.observer_n)
        allowed_n = max(self._limits.observer_margin_n, self._apart_n(command, k))
        if not pad.is_sensor_trusted:
            return named if observed_n > allowed_n else None
        sensed_n = abs(pad.press_n)
        is_unfelt = abs(pad.press_n - pad.observer_n) > allowed_n >= sensed_n and observed_n > sensed_n
        return named if is_unfelt else None

    def _is_near(self, command: Command, k: int) -> bool:
        """Return True where sensor and joint torques say the same of a pad.

        Off the skin the arm comes where its joint friction amounts to more tool force than in any stroke.
        """
        pad = command.pads[k]
        gap_n = abs(pad.press_n - pad.observer_n)
        if gap_n <= self._limits.observer_margin_n or command.contact is not ContactState.FREE:
            return gap_n <= self._limits.observer_margin_n
        return gap_n <= self._apart_n(command, k)

    def _apart_n(self, command: Command, k: int) -> float:
        """Return how far joint torques may be off for the friction of the present posture [N]."""
        limits, terms = self._limits, command.terms
        columns = zip(*terms.jbar_t[:3], limits.observer_joint_nm, strict=True)
        x, y, z = command.pads[k].normal_w
        reflected_n = float(sum(abs(x * a + y * b + z * c) * nm for a, b, c, nm in columns))
        return limits.observer_base_n + reflected_n

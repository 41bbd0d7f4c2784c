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


OTHER_SIDE = 1.0 / NOISY_LEAK
"""How many ticks of leaking an unfelt force on the other side is worth: it takes away what a bad tick has added."""


class _Count:
    """Ticks apart, and how many of them only by joint torques, on one side: pressed, or pulled."""

    def __init__(self) -> None:
        self.apart, self.unfelt = LeakyCount(NOISY_LEAK), LeakyCount(NOISY_LEAK)

    def step(self, *, is_apart: bool, is_unfelt: bool) -> None:
        """Count a tick: apart on this side, on the other one (not apart but unfelt), or not at all."""
        amount = OTHER_SIDE if is_unfelt and not is_apart else 1.0
        self.apart.step(amount, is_bad=is_apart)
        self.unfelt.step(float(is_unfelt) if is_apart else amount, is_bad=is_apart)


class Plausibility:
    """Counts ticks in which wrist sensor and joint torques are apart.

    What the wrist sensor does not feel is counted by its side, pressed or pulled: whoever touches a link pushes it one
    way, while an arm that swings with the ripple of its drives feigns forces to both sides in turn.

    Args:
        limits: how far they may be apart, and for how long.
    """

    def __init__(self, limits: GateLimits) -> None:
        self._limits = limits
        self._pads = range(len(limits.pads))
        self.clear()

    def clear(self) -> None:
        """Forget what was counted."""
        self._pressed, self._pulled = _Count(), _Count()

    def watch(self, command: Command, reference: Reference, t_s: float, *, is_sampled: bool) -> StopReason | None:
        """Stop where they have been apart for too long, by the name of what is more likely wrong.

        Args:
            command: what the law believes of the contact.
            reference: what the plan wants.
            t_s: session time [s].
            is_sampled: there is a wrist sample of this tick; one that is late says nothing.
        """
        apart = [k for k in self._pads if not (command.pads[k].is_sensor_trusted and self._is_near(command, k))]
        unfelt = [k for k in apart if self.unfelt(command, reference, k, is_sampled=is_sampled)]
        is_felt = len(unfelt) < len(apart)
        is_pressed = any(command.pads[k].observer_n >= 0.0 for k in unfelt)
        is_pulled = any(not (command.pads[k].observer_n >= 0.0) for k in unfelt)
        self._pressed.step(is_apart=is_felt or is_pressed, is_unfelt=bool(unfelt))
        self._pulled.step(is_apart=is_felt or is_pulled, is_unfelt=bool(unfelt))
        return self._stop(self._pressed, reference, t_s) or self._stop(self._pulled, reference, t_s)

    def _stop(self, count: _Count, reference: Reference, t_s: float) -> StopReason | None:
        distrusted, allowed = count.apart.level, self._limits.implausible_ticks
        if distrusted < allowed:
            return None
        cause, what = APART
        if 2.0 * count.unfelt.level > distrusted:
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

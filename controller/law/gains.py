"""Gains of the force loop as values, the sets that come with names, and everything else that shapes the law.

Stability over loop lag and tissue stiffness is in ``margins``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.law.memory import GAINS, Record


@dataclass(frozen=True, slots=True)
class ForceGains:
    """Gains of the press-force loop.

    Attributes:
        kp: proportional, on the force error [N/N].
        ki_per_s: integral [1/s].
        kd_s: on the derivative of the force error, multiplied by (1 + kp) [s].
        d0_ns_per_m: damping on the speed along the normal relative to the plan [Ns/m].
    """

    kp: float
    ki_per_s: float
    kd_s: float
    d0_ns_per_m: float

    def __str__(self) -> str:
        """Return the four numbers with their units."""
        return f"kp {self.kp:g}, ki {self.ki_per_s:g} 1/s, kd {self.kd_s:g} s, d0 {self.d0_ns_per_m:g} Ns/m"


@dataclass(frozen=True, slots=True)
class GainSet:
    """Gains under a name, for command lines, records and tables.

    Attributes:
        name: the name.
        gains: the gains.
    """

    name: str
    gains: ForceGains


ROBUST = ForceGains(1.0, 10.0, 0.010, 60.0)
"""For slow or unknown loops: stable up to 10 ms of lag on tissue up to 4 N/mm, with little margin at the end."""
STANDARD = ForceGains(2.0, 15.0, 0.020, 30.0)
"""The default: sound up to 2 ms of lag on tissue of 1 to 35 N/mm, for effective masses from 4 to 8 kg."""
FAST = ForceGains(3.0, 15.0, 0.030, 15.0)
"""Only with a measured loop lag of at most 3 ms and an effective mass of at least 4 kg."""
GAIN_SETS = (GainSet("robust", ROBUST), GainSet("standard", STANDARD), GainSet("fast", FAST))
"""The sets that come with the project, found in prototype simulations; margins by ``massage-arm gains``."""


def gain_names() -> tuple[str, ...]:
    """Return the names of the sets that come with the project."""
    return tuple(known.name for known in GAIN_SETS)


@dataclass(frozen=True, slots=True)
class LawSettings:
    """Everything of the law but the force gains; units in the names.

    Attributes:
        translation_n_per_m: tangential stiffness, and along the normal in the air.
        rotation_nm_per_rad: orientational stiffness.
        damping_ratio: of every operational-space mode.
        posture_nm_per_rad: null-space stiffness.
        integral_cap_n: largest integral of the force loop.
        friction_gain: share of the observed joint friction that is compensated.
        friction_cap_share: cap of that, as a multiple of the arm's stated residual friction.
        error_clip_m: longest translation spring.
        error_clip_rad: longest rotation spring.
        approach_speed_m_s: speed of the descent to the skin.
        approach_damping_ns_per_m: largest gain of its speed loop.
        approach_damping_least_ns_per_m: smallest one: joint friction must not hold the descent up.
        approach_damping_per_s: gain per effective mass along the normal, between the two.
        touch_n: press force that counts as contact.
        ramp_n_per_s: rate of the contact ramp.
        settle_s: shortest time in contact before work begins.
        observer_per_s: bandwidth of the momentum observers.
        force_filter_hz: first-order filter of the press force.
        motion_per_s: rate of two poles of the motion estimate.
        unexplained_per_s: rate of its third pole, at which torque that the model does not explain is learned.
        press_per_s: rate of the poles of the press-motion estimate.
        tissue_n_per_m: stiffness of the tissue that is expected before it is learned, and the least reckoned with.
        scheduled_n_per_m: stiffness of the tissue above which the force loop lowers its gains in proportion.
        rate_damping_ns_per_m: largest damping that the gain on the rate of the press force may be, on a light tool.
        rate_damping_per_s: the same per effective mass along the normal, where that is more.
        plausible_n: sensor and observer may differ by this.
        plausible_base_n: and off the skin, where that is more, by this ...
        plausible_frictions: ... and so many times the joint friction that reflects to the normal where the arm is.
        slope_memory_s: memory of the slope learning.
        slope_cap: largest learned slope (tangent).
        friction_prior: expected skin friction before anything is learned.
        friction_prior_weight: weight of that expectation [s of perfectly informative motion].
    """

    translation_n_per_m: float = 4000.0
    rotation_nm_per_rad: float = 60.0
    damping_ratio: float = 0.9
    posture_nm_per_rad: float = 10.0
    integral_cap_n: float = 8.0
    friction_gain: float = 0.8
    friction_cap_share: float = 4.0
    error_clip_m: float = 0.015
    error_clip_rad: float = 0.3
    approach_speed_m_s: float = 0.02
    approach_damping_ns_per_m: float = 400.0
    approach_damping_least_ns_per_m: float = 150.0
    approach_damping_per_s: float = 110.0
    touch_n: float = 2.0
    ramp_n_per_s: float = 20.0
    settle_s: float = 0.5
    observer_per_s: float = 60.0
    force_filter_hz: float = 150.0
    motion_per_s: float = 100.0
    unexplained_per_s: float = 100.0
    press_per_s: float = 100.0
    tissue_n_per_m: float = 4000.0
    scheduled_n_per_m: float = 8000.0
    rate_damping_ns_per_m: float = 60.0
    rate_damping_per_s: float = 45.0
    plausible_n: float = 15.0
    plausible_base_n: float = 15.0
    plausible_frictions: float = 0.0
    slope_memory_s: float = 0.7
    slope_cap: float = 0.27
    friction_prior: float = 0.22
    friction_prior_weight: float = 0.1

    def record(self, gains: ForceGains) -> Record:
        """Return both as the one-element structured array the kernels take."""
        values = np.zeros(1, dtype=GAINS)
        for name in GAINS.names or ():
            source = gains if hasattr(gains, name) else self
            values[name] = getattr(source, name)
        return values

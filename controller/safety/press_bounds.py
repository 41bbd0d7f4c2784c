"""What the static press forces of one tick are held against: of every pad, and of all pads together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from controller.safety import pads
from controller.safety.bound import press_command_limit_n, stall_speed_m_s
from controller.safety.corrected_motion import OWN_SLACK_M_S, Motions
from controller.safety.limits import GateLimits, PressLimits
from controller.safety.projection import Cap, press_speed
from controller.types import Cause, Command, ContactState, Vector, Vector3

BRAKE_N = 40.0
"""Largest pull away from the body that the press-speed cap may ask for, of the whole tool (assumed)."""
TOUCHING = (ContactState.WORK, ContactState.CONTACT)
SEEKING = (ContactState.APPROACH, ContactState.CONTACT)
"""An approach ends where the skin is, not where the plan has it: its speed counts as it is."""
STANDING: Vector3 = (0.0, 0.0, 0.0)


class PadBounds(NamedTuple):
    """Bounds of one pad of several.

    Attributes:
        axis: its normal and lever.
        target_n: press force wanted of it, no more than the plan's.
        speeds_m_s: its speed toward the body, relative to the planned motion: by the law, corrected, and by the joint
            speeds alone less what they may ring by.
        limit_n: largest static press force.
        caps: upper bounds of the static press force.
    """

    axis: pads.PadAxis
    target_n: float
    speeds_m_s: Vector3
    limit_n: float
    caps: tuple[Cap, ...]


class PressBounds(NamedTuple):
    """Bounds of the tool as a whole.

    Attributes:
        is_touching: in contact, by the law's belief.
        axis_w: outward normal of the tool.
        target_n: press force wanted of all pads together.
        speeds_m_s: speed of the fastest pad toward the body, relative to the planned motion, by the same three.
        limit_n: largest static press force of all pads together.
        caps: upper bounds of the static press force of all pads together.
        each: of every pad; empty where there is one, whose bounds are those of the tool.
    """

    is_touching: bool
    axis_w: Vector3
    target_n: float
    speeds_m_s: Vector3
    limit_n: float
    caps: tuple[Cap, ...]
    each: tuple[PadBounds, ...]


def press_bounds(
    limits: GateLimits, stroke: PressLimits, command: Command, motions: Motions, gain_share: float, last_n: Vector,
    rise_n: float,
) -> PressBounds:  # fmt: skip
    """Return the bounds of one tick; the greatest of three speeds toward the body counts.

    Args:
        limits: limits of the gate.
        stroke: limits of the stroke.
        command: what the law asks for; it has as many pads as the stroke has limits for.
        motions: the tool's motion by the law's estimate, corrected by the joint speeds, and by them alone; no speed is
            NaN, the monitor sees to it.
        gain_share: what the energy tank has left of the loop's gain.
        last_n: static press force of every pad in the last tick.
        rise_n: how much a press force may rise in a tick.
    """
    contact = command.contact
    is_touching, surface_w = contact in TOUCHING, _surface_velocity_w(command)
    if len(stroke.pads) == 1:
        each: tuple[PadBounds, ...] = ()
        pad, own = command.pads[0], stroke.pads[0]
        axis_w, target, last = pad.normal_w, min(pad.target_n, own.target_n), last_n[0]
        limit = (
            press_command_limit_n(own, target, gain_share) if is_touching else min(limits.free_press_n, own.ceiling_n)
        )
        speeds = _counted([press_speed(terms, axis_w, surface_w) for terms in motions])
    else:
        each = _each_pad(limits, stroke, command, motions, gain_share, last_n, rise_n)
        axis_w, target, last = pads.press_axis(command.pads), sum([pad.target_n for pad in each]), sum(last_n)
        limit = sum([pad.limit_n for pad in each])
        # The tool as a whole obeys its fastest pad.
        estimated, corrected, measured = zip(*[pad.speeds_m_s for pad in each], strict=True)
        speeds = max(estimated), max(corrected), max(measured)
    limit = min(limit, stroke.sum_n)
    if not is_touching:
        limit = min(limit, limits.free_press_n)
    speed_limit = stroke.press_damping_ns_per_m * (stall_speed_m_s(limits, stroke, limit, is_touching) - max(speeds))
    caps = (
        (limit, Cause.PRESS_LIMIT),
        (max(speed_limit, -BRAKE_N), Cause.PRESS_SPEED),
        (max(last, 0.0) + rise_n, Cause.LOADING_RATE),
    )
    return PressBounds(is_touching, axis_w, target, speeds, limit, caps, each)


def _counted(speeds_m_s: Sequence[float]) -> Vector3:
    """Return the speeds toward the body as they count: that of the joint speeds alone less what they may ring by."""
    estimated, corrected, measured = speeds_m_s
    return estimated, corrected, measured - OWN_SLACK_M_S


def _surface_velocity_w(command: Command) -> Vector3:
    """Return the velocity of the skin that speeds toward the body are relative to [m/s]."""
    return STANDING if command.contact in SEEKING else command.surface_velocity_w


def _each_pad(
    limits: GateLimits, stroke: PressLimits, command: Command, motions: Motions, gain_share: float, last_n: Vector,
    rise_n: float,
) -> tuple[PadBounds, ...]:  # fmt: skip
    """Return the bounds of every pad of several."""
    found: list[PadBounds] = []
    axes = pads.pad_axes(command, limits.pads)
    is_touching, surface_w = command.contact in TOUCHING, _surface_velocity_w(command)
    for pad, own, axis, last in zip(command.pads, stroke.pads, axes, last_n, strict=True):
        target = min(pad.target_n, own.target_n)
        limit = (
            press_command_limit_n(own, target, gain_share) if is_touching else min(limits.free_press_n, own.ceiling_n)
        )
        speeds = _counted([pads.pad_press_speed(terms, axis, surface_w) for terms in motions])
        speed_limit = stroke.press_damping_ns_per_m * (
            stall_speed_m_s(limits, stroke, limit, is_touching) - max(speeds)
        )
        caps = (
            (limit, Cause.PRESS_LIMIT),
            # No pad is pulled back by itself: that would roll the tool onto the other one.
            (max(speed_limit, 0.0), Cause.PRESS_SPEED),
            (max(last, 0.0) + rise_n, Cause.LOADING_RATE),
        )
        found.append(PadBounds(axis, target, speeds, limit, caps))
    return tuple(found)


def are_within(presses: Vector, each: tuple[PadBounds, ...]) -> bool:
    """Return True where the press force of every pad of several is within its lowest cap; NaN is not."""
    return all([presses[k] <= min(pad.caps)[0] for k, pad in enumerate(each)])


def active_w(presses: Vector, bounds: PressBounds) -> tuple[float, ...]:
    """Return the power that the press force beyond the target brings in, by the law's and the corrected motion [W]."""
    if not bounds.each:
        return tuple([(presses[0] - bounds.target_n) * speed for speed in bounds.speeds_m_s[:2]])
    pairs = tuple(zip(presses, bounds.each, strict=True))
    return tuple([sum([(n - pad.target_n) * pad.speeds_m_s[motion] for n, pad in pairs]) for motion in (0, 1)])

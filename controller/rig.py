"""What a rig is: its clock, its wrist sensor, its drives, its brakes, its identity; and the caps that only tighten."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from controller.errors import ConfigError, PlantError
from controller.safety.limits import PAD_CEILING_N, TOOL_CEILING_N, GateLimits, PadLimits, PressLimits
from controller.types import JointSenses, Vector

TRIP_BELOW_CEILING_N = 2.0
"""The trip stays this far under the ceiling, for what the unloading takes (design choice)."""
REGISTRATION_M = 0.005
"""Registration error of a base that was measured with care (assumed: probed landmarks are good to 2-5 mm)."""
REGISTRATION_RAD = math.radians(0.5)
"""Its turn (assumed: 4 mm over the 0.45 m between base and spine)."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which plant it is.

    Attributes:
        serial: serial number of the arm.
        firmware: versions of its firmware, as its drives report them.
        calibration_sha256: hash of the calibration it runs with.
    """

    serial: str
    firmware: str
    calibration_sha256: str

    @property
    def digest(self) -> int:
        """64 bits of a hash over all of it, for comparison across processes."""
        text = "\0".join((self.serial, self.firmware, self.calibration_sha256))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")

    def check(self, found: int) -> None:
        """Refuse drives of another plant.

        Args:
            found: digest that the drives publish.

        Raises:
            PlantError: it is not this one.
        """
        if found != self.digest:
            raise PlantError(
                f"drives of another plant: got identity {found:016x}; expected {self.digest:016x} ({self.serial}, "
                f"firmware {self.firmware})",
                "use the rig file of this arm, or calibrate it again",
            )


@dataclass(frozen=True, slots=True)
class Caps:
    """Upper bounds of a rig or a person; None where there is none.

    Attributes:
        pad_n: press force of a pad [N].
        tool_n: force of the tool on the wrist sensor [N].
        tool_speed_m_s: tool speed.
        speed_rad_s: joint speeds, (n,).
        torque_nm: joint torques, (n,).
    """

    pad_n: float | None = None
    tool_n: float | None = None
    tool_speed_m_s: float | None = None
    speed_rad_s: Vector | None = None
    torque_nm: Vector | None = None


@dataclass(frozen=True, slots=True)
class Rig:
    """What stands between the session loop and the person, as values.

    Attributes:
        name: name of the arm.
        joints: number of joints n.
        dt_s: period of the loop [s].
        loop_lag_s: pure lag of the loop on top of the drives' own: transport of the command and of the sensor's sample.
        drive_lag_s: time constant of the drives' torque loops, as the rig's maker or a measurement gives it.
        sensor_period_s: time between two samples of the wrist sensor.
        sensor_noise_n: rms noise of a force axis of the wrist sensor [N].
        adds_gravity: the arm adds gravity torque itself: the drive side subtracts it from what it sends.
        braked_joints: joints (from 0) that have a brake.
        is_simulated: time is simulated and nothing is lost by waiting.
        senses: senses that its joints have.
        voltage_v: lowest and highest supply voltage of a drive.
        identity: which plant it is.
        caps: tightenings of the limits.
        registration_m: how far the base may stand, in any direction, from where the plan thinks.
        registration_rad: by how much it may be turned.
    """

    name: str
    joints: int
    dt_s: float
    loop_lag_s: float
    drive_lag_s: float
    sensor_period_s: float
    sensor_noise_n: float
    adds_gravity: bool
    braked_joints: frozenset[int]
    is_simulated: bool
    senses: JointSenses
    voltage_v: tuple[float, float]
    identity: Identity
    caps: Caps = Caps()
    registration_m: float = REGISTRATION_M
    registration_rad: float = REGISTRATION_RAD

    @property
    def loop_lag_ticks(self) -> int:
        """The loop lag in whole periods, rounded up."""
        return math.ceil(self.loop_lag_s / self.dt_s - 1e-9)


def layered(ceilings: Caps, layers: Sequence[tuple[str, Caps]]) -> Caps:
    """Return the tightest of all caps; every layer may only tighten the ones before it.

    Args:
        ceilings: of the code and of the arm.
        layers: name and caps of each layer, rig before person.

    Raises:
        ConfigError: a cap is higher than one of an earlier layer, not above zero, or of the wrong size.
    """
    tightest = ceilings
    for name, caps in layers:
        found = {field.name: getattr(caps, field.name) for field in fields(Caps)}
        for key, value in found.items():
            if value is not None:
                _check(f"{name}: {key}", value, getattr(tightest, key))
        tightest = replace(tightest, **{key: value for key, value in found.items() if value is not None})
    return tightest


def code_ceilings(limits: GateLimits) -> Caps:
    """Return the ceilings that no file can raise: those of the code, and the joint limits of the arm."""
    return Caps(PAD_CEILING_N, TOOL_CEILING_N, limits.tool_speed_m_s, limits.speed_rad_s, limits.torque_nm)


def tighten(limits: GateLimits, layers: Sequence[tuple[str, Caps]]) -> GateLimits:
    """Return the limits of a session under the caps of its rig and person; nothing gets wider.

    Args:
        limits: what follows from plan, arm and code.
        layers: name and caps of each layer, rig before person.

    Raises:
        ConfigError: a layer would loosen a limit.
    """
    caps = layered(code_ceilings(limits), layers)
    pad_n, tool_n = _known(caps.pad_n), _known(caps.tool_n)
    return replace(
        limits,
        strokes=tuple(_tighter_stroke(stroke, pad_n, tool_n) for stroke in limits.strokes),
        tool_trip_n=min(limits.tool_trip_n, tool_n),
        tool_speed_m_s=min(limits.tool_speed_m_s, _known(caps.tool_speed_m_s)),
        speed_rad_s=caps.speed_rad_s or limits.speed_rad_s,
        torque_nm=caps.torque_nm or limits.torque_nm,
    )


def _tighter_stroke(stroke: PressLimits, pad_n: float, tool_n: float) -> PressLimits:
    """Return a stroke with every pad under the cap of a pad, and their sum under that of the tool."""
    pads = tuple(_tighter_pad(pad, pad_n) for pad in stroke.pads)
    sum_n = min(stroke.sum_n, sum(pad.ceiling_n for pad in pads), tool_n)
    sum_trip_n = min(stroke.sum_trip_n, sum(pad.trip_n for pad in pads), tool_n - TRIP_BELOW_CEILING_N)
    return replace(stroke, pads=pads, sum_n=sum_n, sum_trip_n=sum_trip_n)


def _tighter_pad(pad: PadLimits, pad_n: float) -> PadLimits:
    ceiling_n = min(pad.ceiling_n, pad_n)
    return replace(pad, ceiling_n=ceiling_n, trip_n=min(pad.trip_n, ceiling_n - TRIP_BELOW_CEILING_N))


def _known(cap: float | None) -> float:
    return math.inf if cap is None else cap


def _check(where: str, value: float | Vector, allowed: float | Vector | None) -> None:
    """Refuse a cap that is no tightening; raises ConfigError."""
    values = value if isinstance(value, tuple) else (value,)
    limits = allowed if isinstance(allowed, tuple) else (math.inf if allowed is None else allowed,)
    if len(values) != len(limits):
        raise ConfigError(where, f"{len(values)} values", f"{len(limits)}, one per joint")
    for joint, (got, limit) in enumerate(zip(values, limits, strict=True)):
        if not 0.0 < got <= limit:
            place = f"{where} of joint {joint + 1}" if isinstance(value, tuple) else where
            raise ConfigError(place, f"{got:g}", f"above 0, at most {limit:g}", "a rig or person can only tighten")

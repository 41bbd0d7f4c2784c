"""Every layer and watch of safety that can be taken out, by its name in docs/hazards.md.

A way of taking out makes the one function or condition never act and leaves everything else as it is.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tests.layers.kit import Out, afterwards, answers, around, changed, constant, dropping, instead, seeing, together

FAR, MANY = math.inf, 10**9
GATE, MONITOR, PLACE = "controller.safety.gate", "controller.safety.monitor:Monitor", "controller.safety.place_watch"
PROJECTION, REACTION = "controller.safety.projection", "controller.safety.reaction"
STOPPED, PULL = "controller.safety.stopped_arm:StoppedArm", "controller.safety.outward_pull:OutwardPull"
MISSING = "controller.safety.missing_torque:MissingTorque"
SUPERVISION, SPEEDS = "controller.safety.supervision", "controller.safety.speed_check:SpeedCheck"
DRIVES, MEMORY = "controller.processes.drives", "controller.processes.shared_memory"
BOUNDS, AIR = "controller.bounds", "controller.air.watch:AirWatch"


@dataclass(frozen=True)
class Layer:
    """A layer that can be taken out.

    Attributes:
        out: takes it out.
        may_raise: without it an error goes through, so that a test may fail by any exception.
    """

    out: Out
    may_raise: bool = False


def _lax(target: str, **limits: Any) -> Out:
    """Give whoever is made with limits wider ones."""
    return seeing(f"{target}.__init__", "GateLimits", **limits)


def _gate(**limits: Any) -> Out:
    """Let command limits of the gate go; the audit keeps its own."""
    return afterwards(f"{GATE}:Gate.__init__", lambda gate: setattr(gate, "limits", changed(gate.limits, **limits)))


def _without_cap(cause: str) -> Out:
    """Lift one of the three caps of the press force, of all pads together and of every one."""

    def lifted(bounds: Any) -> tuple[Any, ...]:
        return tuple([(FAR if why == cause else cap, why) for cap, why in bounds.caps])

    def wrapper(original: Callable[..., Any], *args: Any) -> Any:
        bounds = original(*args)
        each = tuple([pad._replace(caps=lifted(pad)) for pad in bounds.each])
        return bounds._replace(caps=lifted(bounds), each=each)

    return around("controller.safety.press_bounds:press_bounds", wrapper)


def _without_caps_of_each() -> Out:
    def wrapper(original: Callable[..., Any], *args: Any) -> Any:
        bounds = original(*args)
        each = tuple([pad._replace(caps=tuple([(FAR, why) for _, why in pad.caps])) for pad in bounds.each])
        return bounds._replace(each=each)

    return around("controller.safety.press_bounds:press_bounds", wrapper)


def _wide_trips(limits: Any) -> Any:
    return tuple([
        changed(stroke, sum_trip_n=FAR, pads=tuple([changed(pad, trip_n=FAR) for pad in stroke.pads]))
        for stroke in limits.strokes
    ])  # fmt: skip


def _all_joints(value: float) -> Callable[[Any], tuple[float, ...]]:
    return lambda limits: (value,) * len(limits.torque_nm)


def _believe_the_clock(_original: Callable[..., Any], time: Any, t_s: float, *, has_drives: bool) -> None:
    del has_drives
    time.now_s = t_s


def _follow_the_law(original: Callable[..., Any], gate: Any, command: Any, *args: Any) -> Any:
    judgement = original(gate, command, *args)
    if gate.stop_reason is None:
        gate._stopped.note_good(command.terms, command.pads[0].normal_w)
    return judgement


def _same_clock(original: Callable[..., Any], reaction: Any, action: Any) -> None:
    ticks, unloaded_s, mode = reaction._ticks, reaction._unloaded_s, reaction.mode
    original(reaction, action)
    if reaction._ticks == 0 and mode != "run":
        reaction._ticks, reaction._unloaded_s, reaction.mode = ticks, unloaded_s, mode


def _first_reason(original: Callable[..., Any], reaction: Any, reason: Any) -> None:
    first = reaction.stop
    original(reaction, reason)
    reaction.stop = reaction.stop if first is None else first


def _no_retreat(original: Callable[..., Any], pull: Any, mode: Any, since_s: float, *, is_parking: bool) -> Any:
    return original(pull, mode, since_s, is_parking=is_parking) if mode == "unload" else (0.0, 0.0)


def _whole(values: tuple[float, ...]) -> tuple[float, ...]:
    return tuple([value if math.isfinite(value) else 0.0 for value in values])


def _boundless(original: Callable[..., Any], terms: Any, dq_rad_s: Any, gains: Any, *args: Any) -> Any:
    return original(terms, dq_rad_s, changed(gains, most_force_n=FAR), *args)


def _same_checksum(*_args: object) -> int:
    return 0


class _NoChecksums:
    """Every checksum is the same."""

    crc32 = staticmethod(_same_checksum)


def _anybody_makes(_command: object, _key: object) -> None:
    """Let everybody make an approved command."""


def _on_law(_original: Callable[..., Any], _motion: Any, terms: Any, _dq_rad_s: Any) -> Any:
    return terms, terms


def _raising(original: Callable[..., Any], gate: Any, *args: Any) -> Any:
    del original
    return gate._judge(*args)


def _no_place_refused(original: Callable[..., Any], *args: Any) -> Any:
    with contextlib.suppress(Exception):
        return original(*args)
    return []


def _of_the_host(state: Any) -> Any:
    return type(state.authority)("host")


def _never_silent(original: Callable[..., Any], policy: Any, t_s: float) -> float:
    original(policy, t_s)
    return 0.0


_L0 = {
    "L0-watchdog": Layer(around(f"{DRIVES}:DrivePolicy._update_authority", _never_silent)),
    "L0-enable": Layer(constant(FAR, "ENABLE_DELAY_S", DRIVES)),
    "L0-torque-watch": Layer(answers(f"{DRIVES}:TorqueWatch.look")),
    "L0-brake-of-a-joint": Layer(
        afterwards(f"{DRIVES}:TorqueWatch.look", lambda watch: setattr(watch, "braked", frozenset()))
    ),
    "L0-encoder-watch": Layer(answers("controller.processes.encoder_watch:EncoderWatch.look")),
    "L0-end-of-a-run": Layer(answers("controller.processes.drive_loop:DriveLoop._may_end", True)),
    "L0-identity": Layer(answers("controller.rig:Identity.check")),
    "L0-checksum": Layer(instead(f"{MEMORY}:zlib", _NoChecksums)),
    "L0-memory-taken": Layer(answers(f"{MEMORY}:_allocate"), may_raise=True),
    "L0-signals": Layer(
        around("controller.processes.signals:stand_apart", lambda original: original.__globals__["let_through"]())
    ),
    "L0-gravity-once": Layer(answers("controller.processes.gravity:RobotGravity.__call__", (0.0,) * 7)),
}
_L1 = {
    "L1-bound": Layer(answers(f"{BOUNDS}:refuse_unbounded")),
    "L1-margin": Layer(answers(f"{BOUNDS}:refuse_unstable")),
    "L1-weak-arm": Layer(answers(f"{BOUNDS}:refuse_weak")),
    "L1-session-length": Layer(answers(f"{BOUNDS}:refuse_too_long")),
    "L1-keep-outs": Layer(around("trajectories.stroke_checks:check_stroke", _no_place_refused)),
    "L1-dragging": Layer(answers("controller.joint_drag:refuse_dragging")),
    "L1-ringing": Layer(answers("controller.law_fit:refuse_ringing")),
    "L1-stop-laws": Layer(answers("controller.stop_gains:refuse_swinging")),
    "L1-place": Layer(answers("controller.processes.host_plant:refuse_elsewhere")),
}
_L2 = {
    "L2-press-cap": Layer(_without_cap("press_limit")),
    "L2-press-speed": Layer(_without_cap("press_speed")),
    "L2-loading-rate": Layer(_without_cap("loading_rate")),
    "L2-caps-of-each-pad": Layer(_without_caps_of_each()),
    "L2-force-across": Layer(_gate(tangential_n=FAR)),
    "L2-moment": Layer(_gate(moment_nm=FAR)),
    "L2-joint-torques": Layer(_gate(torque_nm=_all_joints(FAR))),
    "L2-last-scaling": Layer(
        around(f"{PROJECTION}:shrink", lambda _original, tau_nm, *_args: tau_nm),
    ),
    "L2-soft-ways": Layer(instead(f"{GATE}:DRIVEN_PHASES", frozenset())),
    "L2-joint-speeds": Layer(around("controller.safety.corrected_motion:CorrectedMotion.step", _on_law)),
    "L3-tank": Layer(answers("controller.safety.tank:Tanks.advance")),
    "L4-audit": Layer(answers(f"{GATE}:Gate._audit")),
    "gate-errors": Layer(around(f"{GATE}:Gate.judge", _raising), may_raise=True),
    "gate-recheck": Layer(answers("controller.safety.handover:Handover.confirm", True)),
    "gate-key": Layer(instead(f"{GATE}:ApprovedCommand.__post_init__", _anybody_makes)),
}
_L5 = {
    "L5-shape": Layer(answers(f"{MONITOR}._shape")),
    "L5-finite": Layer(answers(f"{MONITOR}._finite")),
    "L5-clock": Layer(around("controller.safety.own_time:OwnTime.step", _believe_the_clock)),
    "L5-session-time": Layer(_lax(MONITOR, session_s=FAR)),
    "L5-late-tick": Layer(_lax(MONITOR, late_s=FAR)),
    "L5-joint-jump": Layer(answers(f"{MONITOR}._jump")),
    "L5-speed-signal": Layer(together(answers(f"{SPEEDS}.step"), answers(f"{SPEEDS}.refuse"))),
    "L5-speeds-of-positions": Layer(around(f"{SPEEDS}.believed", lambda _original, _check, dq_rad_s: dq_rad_s)),
    "L5-authority": Layer(seeing(f"{MONITOR}._authority", "ArmState", authority=_of_the_host)),
    "L5-supervisor": Layer(seeing(f"{MONITOR}._authority", "ArmState", supervisor_age_s=0.0)),
    "L5-link": Layer(seeing(f"{MONITOR}._authority", "ArmState", command_age_s=0.0)),
    "L5-drive-faults": Layer(
        seeing(f"{MONITOR}._drives", "ArmState", joint_fault=lambda state: (0,) * len(state.q_rad))
    ),
    "L5-temperature": Layer(
        seeing(f"{MONITOR}._drives", "ArmState", temperatures_c=lambda state: (0.0,) * len(state.q_rad))
    ),
    "L5-voltage": Layer(_lax(MONITOR, voltage_v=(-FAR, FAR))),
    "L5-joint-age": Layer(
        seeing(f"{MONITOR}._drives", "ArmState", joint_age_s=lambda state: (0.0,) * len(state.q_rad))
    ),
    "L5-sample-age": Layer(_lax(MONITOR, stale_ticks=MANY)),
    "L5-sample-frozen": Layer(answers(f"{MONITOR}._frozen")),
    "L5-axis": Layer(answers(f"{PLACE}:PlaceWatch.axis")),
    "L5-levers": Layer(answers(f"{PLACE}:PlaceWatch._levers")),
    "L5-force-by-sensor": Layer(dropping(f"{MONITOR}._force", "measured press force")),
    "L5-force-by-torques": Layer(dropping(f"{MONITOR}._force", "by joint torques")),
    "L5-force-trips": Layer(_lax(MONITOR, strokes=_wide_trips)),
    "L5-wrist-force": Layer(_lax(MONITOR, tool_trip_n=FAR)),
    "L5-pressure": Layer(_lax(MONITOR, pressure_pa=FAR)),
    "L5-plausibility": Layer(answers("controller.safety.plausibility:Plausibility.watch")),
    "L5-free-motion": Layer(answers("controller.safety.free_motion:FreeMotionWatch.watch")),
    "L5-swing": Layer(answers("controller.safety.swing_watch:SwingWatch.watch")),
    "L5-keep-out": Layer(answers(f"{MONITOR}._keep_out")),
    "L5-contact-lost": Layer(answers(f"{MONITOR}._contact")),
    "L5-joint-speed": Layer(_lax(MONITOR, speed_rad_s=_all_joints(FAR))),
    "L5-joint-position": Layer(_lax(MONITOR, lower_rad=_all_joints(-FAR), upper_rad=_all_joints(FAR))),
    "L5-tool-speed": Layer(_lax(MONITOR, tool_speed_m_s=FAR)),
    "L5-workspace": Layer(_lax(MONITOR, workspace_low_m=(-FAR,) * 3, workspace_high_m=(FAR,) * 3)),
    "L5-path": Layer(_lax(MONITOR, path_m=FAR)),
    "L5-depth": Layer(answers(f"{PLACE}:PlaceWatch.depth")),
    "L5-descent": Layer(answers(f"{PLACE}:PlaceWatch.descent")),
    "L5-dwell": Layer(answers(f"{PLACE}:PlaceWatch.dwell")),
    "L5-stopped-arm": Layer(answers(f"{MONITOR}.watch_stopped")),
    "L5-free-air": Layer(together(answers(f"{AIR}._look"), answers(f"{AIR}._leave"))),
    "L5-place-of-the-person": Layer(answers("controller.registration:RegistrationWatch.verdict")),
    "L5-height-of-the-skin": Layer(answers("controller.registration:HeightWatch.watch")),
}
_L6 = {
    "L6-memory": Layer(answers(f"{SUPERVISION}:Supervisor._memory")),
    "L6-heartbeat": Layer(answers(f"{SUPERVISION}:Supervisor._host")),
    "L6-link": Layer(answers(f"{SUPERVISION}:Supervisor._link")),
    "L6-force": Layer(seeing(f"{SUPERVISION}:Supervisor.__init__", "SupervisorLimits", tool_n=FAR)),
    "L6-joint-speed": Layer(
        seeing(
            f"{SUPERVISION}:Supervisor.__init__",
            "SupervisorLimits",
            speed_rad_s=lambda limits: (FAR,) * len(limits.speed_rad_s),
        )
    ),
    "L6-drive-faults": Layer(
        seeing(
            f"{SUPERVISION}:Supervisor._senses",
            "SupervisorView",
            state=lambda view: changed(view.state, joint_fault=()),
        )
    ),
    "L6-no-senses": Layer(
        seeing(
            f"{SUPERVISION}:Supervisor._senses",
            "SupervisorView",
            state=lambda view: changed(
                view.state,
                q_rad=_whole(view.state.q_rad),
                dq_rad_s=_whole(view.state.dq_rad_s),
                wrench_s=_whole(view.state.wrench_s),
            ),
        )
    ),
    "L6-bounded-torque": Layer(around(f"{PROJECTION}:clip", lambda _original, tau_nm, _torque_nm: tuple(tau_nm))),
}
_REACTION = {
    "R-unload": Layer(answers(f"{PULL}.step", 0.0)),
    "R-until-lifted": Layer(constant(0.8, "LEAVE_S", REACTION, SUPERVISION)),
    "R-lifted-before-parking": Layer(answers(f"{STOPPED}.left_behind")),
    "R-learned-pull": Layer(afterwards(f"{PULL}.step", lambda pull: setattr(pull, "learned_n", 0.0))),
    "R-joint-torque": Layer(around(f"{MISSING}.held", lambda _held, _missing, terms, _outward_w: terms)),
    "R-surplus": Layer(answers(f"{MISSING}.free")),
    "R-falling-joint": Layer(answers("controller.safety.friction_doubt:FrictionDoubt.step")),
    "R-retreat": Layer(around(f"{PULL}._lead", _no_retreat)),
    "R-planned-normal": Layer(around(f"{GATE}:Gate._judge", _follow_the_law)),
    "R-bounded-force": Layer(around(f"{PROJECTION}:soft_torque", _boundless)),
    "R-last-good-terms": Layer(answers(f"{STOPPED}.note_good")),
    "R-braked-joints": Layer(answers("controller.safety.lost_joints:LostJoints._note_standing")),
    "R-soft-parking": Layer(_lax(STOPPED, park_force_n=FAR)),
    "R-parking-speed": Layer(answers(f"{STOPPED}._may_park", True)),
    "R-parking-time": Layer(constant(FAR, "PARK_S", REACTION)),
    "R-blocked-way": Layer(instead("controller.ways:Ways.is_blocked", False)),
    "R-own-clock": Layer(around(f"{REACTION}:Reaction.raise_to", _same_clock)),
    "R-own-reason": Layer(around(f"{REACTION}:Reaction.begin", _first_reason)),
    "R-clearance": Layer(
        afterwards(f"{REACTION}:Reaction.begin", lambda reaction: setattr(reaction, "clearance", "nobody needs to"))
    ),
    "R-confirmation": Layer(constant(0.0, "CONFIRM_S", "controller.stops")),
}
LAYERS: Mapping[str, Layer] = MappingProxyType({**_L0, **_L1, **_L2, **_L5, **_L6, **_REACTION})
"""Every layer by its name."""

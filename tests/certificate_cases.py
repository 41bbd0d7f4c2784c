"""Inputs of a gate as a real session has them, and as they never should be; two gates that must not differ on them."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from controller.certificate.certificate import CompiledCertificate
from controller.law.gains import STANDARD
from controller.own_model import OwnModel
from controller.safety.certificate import Memory
from controller.safety.gate import Gate, Judgement
from controller.safety.handover import ALONE_TICKS, Handover
from controller.safety.limits import GateLimits, KeepOutLimits
from controller.safety.memory import FIELDS, recall, remembered
from controller.session_parts import SessionParts
from controller.types import ArmState, Authority, Command, ContactState, JointSenses, Phase, Reference
from sim.options import SimulationOptions
from sim.plant import SimPlant
from sim.simulated_rig import simulated_rig
from tests.fault_cases import prepared
from tests.gate_differences import differences, values_of

Tick = tuple[Command, ArmState, Reference, float]
"""What a gate judges: command, state, reference and the time by the clock."""
DT_S = 1e-3
EXTREMES = (math.nan, math.inf, -math.inf, 0.0, -0.0, 1e9, 1e200, 5e-324)
STREAM = 40
"""Ticks that two gates judge one after the other."""
CALM = 2 * ALONE_TICKS
"""Ticks of a stream in which nothing is changed, so that some are certified before."""
FACTORS = (0.0, 1e-6, 1e-3, 0.1, 0.5, 0.9, 1.0, 2.0)


@dataclass(frozen=True, eq=False)
class Recorded:
    """A session as its gate saw it.

    Attributes:
        ticks: every tick.
        limits: of the gate.
        models: two models of the arm, one for each gate.
    """

    ticks: tuple[Tick, ...]
    limits: GateLimits
    models: tuple[OwnModel, OwnModel]


class Tape(Gate):
    """A gate that keeps what it is asked."""

    def __init__(self, limits: GateLimits, model: OwnModel) -> None:
        super().__init__(limits, DT_S, model)
        self.ticks: list[Tick] = []

    def judge(self, command: Command, state: ArmState, reference: Reference, t_s: float) -> Judgement:
        self.ticks.append((command, state, reference, t_s))
        return super().judge(command, state, reference, t_s)


@functools.cache
def recorded(arm_name: str = "servo7", seconds: float = 8.5) -> Recorded:
    """Return the beginning of a short session: in the air, landing, and in a stroke."""
    body, robot, plan = prepared(arm_name)
    plant = SimPlant(robot.arm, robot.placement, body, SimulationOptions(seed=3))
    parts = SessionParts.of(plan, robot, STANDARD, simulated_rig(robot.arm, SimulationOptions()))
    models = (OwnModel(robot.arm, robot.placement), OwnModel(robot.arm, robot.placement))
    tape = Tape(parts.limits, models[0])
    session = parts.session(plant, truth=plant, gate=tape)
    plant.configure()
    plant.activate(plan.rest_q_rad)
    try:
        with session:
            while (step := session.tick()) is not None and step.t_s < seconds:
                pass
    finally:
        plant.deactivate()
    return Recorded(tuple(tape.ticks), parts.limits, models)


def certified(limits: GateLimits, model: OwnModel, recheck_ticks: int = 0) -> Gate:
    """Return a gate with a certificate."""
    return Gate(limits, DT_S, model, CompiledCertificate(limits, DT_S, model), recheck_ticks)


def one_of(values: tuple[float, ...], pick: Random, new: float) -> tuple[Any, ...]:
    """Return values with another one at one place."""
    k = pick.randrange(len(values))
    return (*values[:k], new, *values[k + 1 :])


def at_one(values: tuple[float, ...], found: tuple[float, ...], pick: Random) -> tuple[float, ...]:
    """Return limits of the joints of which one is about where that joint is."""
    k = pick.randrange(len(values))
    return (*values[:k], found[k] + pick.choice((-1e-3, -1e-9, 0.0, 1e-9, 1e-3)), *values[k + 1 :])


def _number(pick: Random, old: float) -> float:
    """Return a number instead of another one: none, an extreme one, or one that is a little or much different."""
    if pick.random() < 0.3:
        return pick.choice(EXTREMES)
    return old * pick.choice((-1.0, 0.5, 0.999, 1.001, 1.5, 3.0, 30.0)) + pick.choice((0.0, 0.0, 1e-3, -0.1, 5.0, 40.0))


def _shifted(values: tuple[float, ...], pick: Random) -> tuple[Any, ...]:
    if pick.random() < 0.04:
        return values[1:]
    return one_of(values, pick, _number(pick, values[pick.randrange(len(values))]))


def change_command(command: Command, pick: Random) -> Command:
    """Return a command with one thing changed."""
    pad = command.pads[0]
    name = pick.choice(("tau_nm", "v_wt", "contact", "plan_error_m", "surface_velocity_w", "pads", *pad.__slots__))
    match name:
        case "v_wt":
            return replace(command, terms=replace(command.terms, v_wt=_shifted(command.terms.v_wt, pick)))
        case "contact":
            return replace(command, contact=pick.choice(tuple(ContactState)))
        case "plan_error_m":
            return replace(command, plan_error_m=_number(pick, command.plan_error_m))
        case "tau_nm" | "surface_velocity_w":
            return replace(command, **{name: _shifted(getattr(command, name), pick)})
        case "pads":
            return replace(command, pads=pick.choice(((), (pad, pad))))
        case "is_sensor_trusted":
            return replace(command, pads=(replace(pad, is_sensor_trusted=False),))
        case "normal_w":
            return replace(command, pads=(replace(pad, normal_w=_shifted(pad.normal_w, pick)),))
        case _:
            return replace(command, pads=(replace(pad, **{name: _number(pick, getattr(pad, name))}),))


def change_state(state: ArmState, pick: Random) -> ArmState:
    """Return senses with one thing changed."""
    joints = len(state.q_rad)
    name = pick.choice((*state.__slots__, "wrench_sequence"))
    match name:
        case "authority":
            return replace(state, authority=pick.choice(tuple(Authority)))
        case "wrench_sequence":
            return replace(state, wrench_sequence=state.wrench_sequence + pick.choice((-1, -1, -2, -7, 5, 2**60)))
        case "temperatures_c" | "voltages_v" | "joint_age_s":
            calm = {"temperatures_c": 30.0, "voltages_v": 24.0, "joint_age_s": 1e-3}[name]
            other = pick.choice(((calm,) * joints, (), (calm,), one_of((calm,) * joints, pick, _number(pick, calm))))
            return replace(state, **{name: other})
        case "joint_fault":
            return replace(state, joint_fault=pick.choice((one_of((0,) * joints, pick, pick.choice((1, 16, 32))), ())))
        case "q_rad" | "dq_rad_s" | "tau_nm" | "wrench_s":
            old = getattr(state, name)
            if pick.random() < 0.5:
                k = pick.randrange(len(old))
                small = pick.choice((1e-5, 1e-4, 1e-3, 4e-3, 6e-3, 0.2, 1.0)) * pick.choice((-1.0, 1.0))
                return replace(state, **{name: (*old[:k], old[k] + small, *old[k + 1 :])})
            return replace(state, **{name: _shifted(old, pick)})
        case _:
            return replace(state, **{name: _number(pick, getattr(state, name))})


def change_reference(reference: Reference, pick: Random) -> Reference:
    """Return a reference with one thing changed."""
    pad = reference.pads[0]
    name = pick.choice(("phase", "phase", "segment", "position_m", "quaternion_xyzw", "twist", "pads", "normal_w"))
    match name:
        case "phase":
            return replace(reference, phase=pick.choice(tuple(Phase)))
        case "segment":
            return replace(reference, segment=pick.choice((-1, 1, 10**6)))
        case "pads":
            return replace(reference, pads=pick.choice(((), (pad, pad))))
        case "normal_w":
            return replace(reference, pads=(replace(pad, normal_w=_shifted(pad.normal_w, pick)),))
        case _:
            return replace(reference, **{name: _shifted(getattr(reference, name), pick)})


def change_time(t_s: float, pick: Random) -> float:
    """Return another reading of the clock."""
    return pick.choice((math.nan, t_s + 0.005, t_s + 0.02, t_s + 1.0, t_s - 0.002, t_s - 5e-4, t_s - 1e-3))


def changed_limits(limits: GateLimits, pick: Random, tick: Tick) -> GateLimits:
    """Return limits with one of them tightened: by a factor, or to what a tick has."""
    command, state, reference, t_s = tick
    pad, own = command.pads[0], limits.strokes[reference.segment]
    exact: dict[str, Any] = {
        "session_s": t_s,
        "path_m": command.plan_error_m,
        "sensor_age_s": state.sensor_age_s,
        "tool_trip_n": math.hypot(*state.wrench_s[:3]),
        "tool_speed_m_s": math.hypot(*command.terms.v_wt[:3]),
        "supervisor_age_s": state.supervisor_age_s,
        "workspace_low_m": one_of(limits.workspace_low_m, pick, command.terms.p_wt[0]),
        "workspace_high_m": one_of(limits.workspace_high_m, pick, command.terms.p_wt[2]),
        "lower_rad": at_one(limits.lower_rad, state.q_rad, pick),
        "upper_rad": at_one(limits.upper_rad, state.q_rad, pick),
        "speed_rad_s": at_one(limits.speed_rad_s, tuple(map(abs, state.dq_rad_s)), pick),
        "torque_nm": at_one(limits.torque_nm, tuple(map(abs, command.tau_nm)), pick),
        "observer_joint_nm": (pick.choice((0.0, 1e-3, 3.0)),) * len(state.q_rad),
        "jump_rad": pick.choice((0.0, 1e-9, 1e-7, 1e-6, 1e-5)),
        "axis_cosine": 1.0 - 1e-9,
        "pressure_pa": pad.press_n / limits.pads[0].area_m2,
        "implausible_ticks": pick.choice((0, 1, 2)),
        "stale_ticks": pick.choice((0, 1)),
        "frozen_ticks": pick.choice((0, 1)),
        "voltage_v": pick.choice(((23.0, 25.0), (24.5, 30.0))),
        "fitted": JointSenses(*[pick.random() < 0.5 for _ in range(4)]),
        "keep_out": None,
    }
    pads = {"ceiling_n": 1.0, "target_n": 1.0, "margin_n": 0.0, "trip_n": pad.press_n, "depth_m": 0.0}
    whole = {"sum_n": 1.0, "sum_trip_n": pad.press_n, "press_damping_ns_per_m": 0.0}
    scaled = [name for name, kept in values_of(limits).items() if isinstance(kept, float) and name != "axis_cosine"]
    name = pick.choice((*exact, *scaled, *scaled, *pads, *whole, "light_n", "tank"))
    if name in exact and (name not in scaled or pick.random() < 0.5):
        return replace(limits, **{name: exact[name]})
    if name in scaled:
        return replace(limits, **{name: getattr(limits, name) * pick.choice(FACTORS)})
    factor = pick.choice(FACTORS)
    if name == "tank":
        return replace(limits, tank=replace(limits.tank, capacity_j=limits.tank.capacity_j * factor, refill_w=0.0))
    if name == "light_n":
        kept = limits.keep_out
        return limits if kept is None else replace(limits, keep_out=_nowhere(kept, pick))
    if name in pads:
        (old,) = own.pads
        value = pads[name] if pick.random() < 0.5 else getattr(old, name) * factor
        return replace(limits, strokes=(replace(own, pads=(replace(old, **{name: value}),)),) * len(limits.strokes))
    value = whole[name] if pick.random() < 0.5 else getattr(own, name) * factor
    return replace(limits, strokes=(replace(own, **{name: value}),) * len(limits.strokes))


def _nowhere(kept: KeepOutLimits, pick: Random) -> KeepOutLimits:
    """Return keep-outs that are nearly everywhere, or end near the tool."""
    less = pick.choice((0.0, 0.02, 0.1, 1.0))
    rows = tuple(tuple(room - less for room in row) for row in kept.grid.rows_m)
    return replace(kept, light_n=pick.choice((-1.0, 1.0)), grid=replace(kept.grid, rows_m=rows))


@dataclass
class Tally:
    """What was seen, so that a fuzz that certifies nothing, or stops nothing, is found out."""

    certified: int = 0
    judged: int = 0
    lowered: int = 0
    stops: set[str] = field(default_factory=set)


Changer = Callable[[Tick, Random], Tick]


def change(tick: Tick, pick: Random) -> Tick:
    """Return a tick with one thing changed; one that has no single pad is bad enough."""
    command, state, reference, t_s = tick
    if len(command.pads) != 1 or len(reference.pads) != 1:
        return tick
    match pick.randrange(8):
        case 0 | 1 | 2:
            return change_command(command, pick), state, reference, t_s
        case 3 | 4 | 5:
            return command, change_state(state, pick), reference, t_s
        case 6:
            return command, state, change_reference(reference, pick), t_s
        case _:
            return command, state, reference, change_time(t_s, pick)


def stream(source: Recorded, seed: int) -> tuple[GateLimits, list[Tick]]:
    """Return some ticks of a session of which something is changed, and the limits that they are judged by."""
    pick = Random(seed)  # noqa: S311
    start = pick.randrange(len(source.ticks) - STREAM)
    ticks, limits = list(source.ticks[start : start + STREAM]), source.limits
    if pick.random() < 0.6:
        limits = changed_limits(limits, pick, pick.choice(ticks[CALM:]))
    first, lasting, seed_of_change = pick.randrange(CALM, STREAM - 4), pick.choice((1, 2, 5, STREAM)), pick.random()
    if limits is source.limits or pick.random() < 0.4:
        for k in range(first, min(first + lasting, STREAM)):
            ticks[k] = change(ticks[k], Random(seed_of_change))  # noqa: S311
    return limits, ticks


NEAR: dict[str, tuple[float, ...]] = {
    "clock_missing_s": (0.0119, 0.012, 0.0125),
    "bad_samples": (0.5, 1.0, 1.5),
    "repeated": (0.5, 1.0, 2.2, 2.3),
    "sampled_s": (-6e-4, -1e-3, 1e-3),
    "last_t_s": (-1e-3, -7e-3, -6e-3, 1e-3),
    "skinless_s": (0.2, 0.299, 0.2995, 0.301),
    "was_skinless": (1.0,),
    "descent_m": (0.05, 0.08999, 0.09),
    "spot_since_s": (-60.0, -59.999, -70.0),
    "pressed_apart": (1.0, 50.2, 50.4, 49.0),
    "pressed_unfelt": (1.0, 30.0),
    "pulled_apart": (1.0, 50.2, 50.4, 49.0),
    "pulled_unfelt": (1.0, 30.0),
    "touched": (8.9, 9.0, 10.2, 10.3),
    "swing_square_n2": (20.0, 20.25, 20.26, 20.3),
    "law_tank_j": (1e-7, 1e-5, 0.05),
    "law_halved": (1.0, 2.0, 3.0),
    "corrected_tank_j": (1e-7, 1e-5, 0.05),
    "corrected_halved": (1.0, 2.0, 3.0),
    "last_press_n": (-30.0, -5.0, 5.0, 12.0),
    "clock_offset_s": (1e-3, 0.5, 100.0),
}
"""Values of the memory at which something happens; of times, and the offset, what is added to them."""
ADDED = {"sampled_s", "last_t_s", "spot_since_s", "clock_offset_s"}


@dataclass(frozen=True, eq=False)
class Trial:
    """One tick from a memory, that a gate and a certificate judge each for itself.

    Attributes:
        memory: what both remember.
        tick: what both are asked.
        limits: of both.
    """

    memory: Memory
    tick: Tick
    limits: GateLimits


@functools.cache
def moments(arm_name: str) -> tuple[tuple[Memory, Tick], ...]:
    """Return every tenth tick of a session with what the gate remembers before it."""
    source = recorded(arm_name)
    gate, joints = Gate(source.limits, DT_S, source.models[0]), len(source.limits.torque_nm)
    found: list[tuple[Memory, Tick]] = []
    for k, tick in enumerate(source.ticks):
        memory = remembered(gate, joints) if k % 10 == 9 else None
        if memory is not None:
            found.append((memory, tick))
        gate.judge(*tick)
    return tuple(found)


def _changed_memory(memory: Memory, joints: int, pick: Random) -> Memory:
    """Return a memory in which one value, or all values of one name, are others."""
    if pick.random() < 0.1:
        k = pick.randrange(len(memory.samples))
        sample = memory.samples[k]
        place = pick.choice((0, *range(2, len(sample))))
        sample = (*sample[:place], sample[place] + pick.choice((1e-4, -1e-3, 1e-2)), *sample[place + 1 :])
        return memory._replace(samples=(*memory.samples[:k], sample, *memory.samples[k + 1 :]))
    start, at = 0, {}
    for one in FIELDS:
        size = 1 if one.size is None else one.size or joints
        at[one.name], start = (start, size), start + size
    name = pick.choice((*NEAR, *NEAR, *at))
    first, size = at[name]
    place = first + pick.randrange(size)
    old = memory.numbers[place]
    if name in NEAR:
        new = pick.choice(NEAR[name]) + (old if name in ADDED else 0.0)
    else:
        new = old + pick.choice((1e-6, -1e-4, 1e-3, 0.1, 1.0)) * pick.choice((-1.0, 1.0))
    if name in ("last_sequence", "is_sampled", "was_skinless", "law_halved", "corrected_halved"):
        new = float(round(new))
    return memory._replace(numbers=(*memory.numbers[:place], new, *memory.numbers[place + 1 :]))


def trial(arm_name: str, seed: int) -> Trial:
    """Return a tick of a session of which memory, limits and inputs may each be changed."""
    pick = Random(seed)  # noqa: S311
    source = recorded(arm_name)
    memory, tick = pick.choice(moments(arm_name))
    limits, joints = source.limits, len(source.limits.torque_nm)
    if pick.random() < 0.3:
        limits = replace(limits, stop=replace(limits.stop, speed_filter_rad_s=pick.choice((30.0, 300.0))))
    for _ in range(pick.choice((0, 1, 1, 2))):
        memory = _changed_memory(memory, joints, pick)
    if limits.stop.speed_filter_rad_s == math.inf:
        # A filter that lets everything through keeps nothing.
        still, kept = memory.numbers[: -4 * joints], memory.numbers[-2 * joints :]
        memory = memory._replace(numbers=(*still, *(0.0,) * (2 * joints), *kept))
    if pick.random() < 0.5:
        limits = changed_limits(limits, pick, tick)
    for _ in range(pick.choice((0, 0, 1, 1, 2))):
        tick = change(tick, pick)
    return Trial(memory, tick, limits)


def from_memory(limits: GateLimits, model: OwnModel, memory: Memory) -> Gate:
    """Return a gate that goes on from a memory; None of it is handed over again."""
    gate, joints = Gate(limits, DT_S, model), len(limits.torque_nm)
    recall(gate, joints, memory)
    if limits.stop.speed_filter_rad_s < math.inf:
        first = len(memory.numbers) - 4 * joints
        gate._motion._own._first = memory.numbers[first : first + joints]
        gate._motion._own._second = memory.numbers[first + joints : first + 2 * joints]
    return gate


def run_trial(arm_name: str, seed: int, tally: Tally) -> list[str]:
    """Let gate and certificate judge a trial; return where what passes is not what the gate says and remembers."""
    one, models = trial(arm_name, seed), recorded(arm_name).models
    gate = from_memory(one.limits, models[1], one.memory)
    certificate = CompiledCertificate(one.limits, DT_S, models[0])
    passed = certificate.passes(*one.tick) if certificate.take(one.memory) else None
    said = gate.judge(*one.tick)
    tally.judged, tally.certified = tally.judged + 1, tally.certified + (passed is not None)
    tally.lowered += bool(said.limited)
    if said.stop is not None:
        tally.stops.add(f"{said.stop.cause} {said.stop.limit}")
    if passed is None:
        return []
    wanted, kept = remembered(gate, len(one.limits.torque_nm)), certificate.memory()
    sent = said.command
    found = differences(
        (sent.tau_nm, sent.holding_nm, said.press_n, said.press_limit_n, said.gain_share), passed, "told"
    )
    found += differences((said.stop, said.limited), (None, ()), "judgement")
    if not (wanted and wanted.bits() == kept.bits()):
        found += differences(wanted, kept, "memory")
    found += differences((gate._own.last, *gate._stopped.good, one.tick[1].q_rad), certificate.seen(), "seen")
    return [f"seed {seed}: {what}" for what in found]


def run_stream(source: Recorded, seed: int, tally: Tally, recheck_ticks: int = 0) -> list[str]:
    """Let two gates, one with a certificate, judge some ticks of a session of which something is changed.

    Returns:
        Where they differ.
    """
    limits, ticks = stream(source, seed)
    fast, slow = certified(limits, source.models[0], recheck_ticks), Gate(limits, DT_S, source.models[1])
    handover = handover_of(fast)
    for k, given in enumerate(ticks):
        passed = handover.passed
        mine, other = fast.judge(*given), slow.judge(*given)
        found = differences(other, mine, "judgement")
        if handover.passed > passed and not found:
            kept, wanted = handover._certificate.memory(), remembered(slow, len(limits.torque_nm))
            found = [] if wanted and kept.bits() == wanted.bits() else differences(wanted, kept, "memory")
        if found:
            return [f"seed {seed}, tick {k}: {one}" for one in found]
        tally.judged, tally.certified = tally.judged + 1, tally.certified + handover.passed - passed
        tally.lowered += bool(mine.limited)
        if mine.stop is not None:
            tally.stops.add(f"{mine.stop.cause} {mine.stop.limit}")
    handover.take_back()
    return [f"seed {seed}, at the end: {one}" for one in differences(slow, fast)]


def handover_of(gate: Gate) -> Handover:
    """Return how a gate with a certificate hands its memory over."""
    if gate._handover is None:
        raise ValueError("a gate without a certificate")
    return gate._handover

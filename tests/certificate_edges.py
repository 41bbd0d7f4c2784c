"""Trials at the edges of what a gate lets through: one number of a tick, a memory or a limit is turned until it stops.

Of the two trials at an edge one passes and one does not, and nothing but a hair of one number is between them. So one
comparison decides there, and a certificate that lacks it, or computes what it compares in another way, is found out.
Edges are those of the gate, or those of the certificate, which is not sure of some ticks that the gate lets through.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from controller.certificate.certificate import CompiledCertificate
from controller.safety.limits import GateLimits
from controller.safety.memory import FIELDS, Field
from controller.types import ContactState, Phase
from tests.certificate_cases import DT_S, Trial, from_memory, moments, recorded

Judge = Callable[[Trial], bool]
"""Who says whether a trial passes."""
Way = tuple[str | int, ...]
"""Names of fields, and places in tuples, that lead from a trial to one of its numbers."""
HAIR = 1e-9
"""Largest distance of the two trials of an edge, as a share of the number."""
FIRST_STEP, GROWTH, LARGEST_STEP = 1e-6, 8.0, 1e9
"""Steps in which a number is turned until something stops."""
BRINKS: dict[str, float] = {
    "touched": 9.5,
    "bad_samples": 1.5,
    "repeated": 2.5,
    "pressed_apart": 49.5,
    "pulled_apart": 49.5,
    "clock_missing_s": 0.0118,
    "swing_square_n2": 20.2,
    "descent_m": 0.0899,
    "skinless_s": 0.2995,
    "law_tank_j": 1e-5,
    "corrected_tank_j": 1e-5,
    "last_press_n": 0.0,
}
"""Memories in which little is left until something stops."""
LEFT_ALONE = {"terms", "stop", "position_t_m", "name", "rows_m", "voltage_v"}
"""What the certificate does not see, or sees only as a whole."""
BUMP_M, MOST_LESS_M, LESS_M = 0.004, 0.5, 0.001
"""Keep-outs with uneven borders are brought nearer, in such steps, for as long as the tick passes."""


@dataclass(frozen=True, eq=False)
class Edge:
    """Two trials with a hair between them.

    Attributes:
        way: the number in which they differ.
        inside: the one that passes.
        outside: the one that does not.
    """

    way: Way
    inside: Trial
    outside: Trial


def numbers_of(value: object, way: Way = ()) -> Iterator[tuple[Way, float]]:
    """Yield every float in nested dataclasses and tuples, with the way to it."""
    if isinstance(value, float):
        yield way, value
    elif isinstance(value, tuple):
        for place, one in enumerate(value):
            yield from numbers_of(one, (*way, place))
    elif is_dataclass(value):
        for field in fields(value):
            if field.name not in LEFT_ALONE:
                yield from numbers_of(getattr(value, field.name), (*way, field.name))


def with_number(value: Any, way: Way, number: float) -> Any:
    """Return the same with another number at the end of a way."""
    if not way:
        return number
    step, *rest = way
    if isinstance(step, str):
        return replace(value, **{step: with_number(getattr(value, step), tuple(rest), number)})
    changed = with_number(value[step], tuple(rest), number)
    kept = (*value[:step], changed, *value[step + 1 :])
    return type(value)(*kept) if hasattr(value, "_fields") else kept


def gate_judge(arm_name: str) -> Judge:
    """Return who says whether the gate lets the command of a trial through as it is."""
    model = recorded(arm_name).models[1]

    def is_let_through(one: Trial) -> bool:
        said = from_memory(one.limits, model, one.memory).judge(*one.tick)
        return said.stop is None and not said.limited

    return is_let_through


def certificate_judge(arm_name: str) -> Judge:
    """Return who says whether the certificate passes a trial."""
    model, made = recorded(arm_name).models[0], dict[int, tuple[GateLimits, CompiledCertificate]]()

    def is_certified(one: Trial) -> bool:
        kept = made.get(id(one.limits))
        if kept is None or kept[0] is not one.limits:
            made.clear()
            kept = made[id(one.limits)] = one.limits, CompiledCertificate(one.limits, DT_S, model)
        return kept[1].take(one.memory) and kept[1].passes(*one.tick) is not None

    return is_certified


def bases(arm_name: str, judge: Judge) -> list[Trial]:
    """Return ticks of every phase and contact of a session as they were, and some from a memory at its brink."""
    source = recorded(arm_name)
    by_kind = {
        (tick[0].contact, tick[2].phase): Trial(memory, tick, source.limits) for memory, tick in moments(arm_name)
    }
    kinds = list(by_kind.values())
    working = by_kind[ContactState.WORK, Phase.WORK]
    filtered = replace(source.limits, stop=replace(source.limits.stop, speed_filter_rad_s=300.0))
    command, state, reference, t_s = kinds[0].tick
    driven = command, state, replace(reference, phase=Phase.TO_REST), t_s
    found = [*kinds, replace(working, limits=filtered), replace(kinds[0], tick=driven), bordered(working, judge)]
    ends = kinds[0], working
    found += [_at_brink(one, name, value) for name, value in BRINKS.items() for one in ends]
    return [one for one in found if judge(one)]


def _at_brink(one: Trial, name: str, value: float) -> Trial:
    names = [field.name for field in FIELDS]
    first = sum(1 if field.size is None else field.size for field in FIELDS[: names.index(name)])
    numbers = (*one.memory.numbers[:first], value, *one.memory.numbers[first + 1 :])
    return replace(one, memory=one.memory._replace(numbers=numbers))


def bordered(one: Trial, judge: Judge) -> Trial:
    """Return a trial next to keep-outs whose border is uneven."""
    kept = one.limits.keep_out
    if kept is None:
        return one
    bumps = [
        [room + BUMP_M * math.sin(3.0 * i + 1.0) * math.cos(2.0 * j) for j, room in enumerate(row)]
        for i, row in enumerate(kept.grid.rows_m)
    ]
    found = one
    for step in range(int(MOST_LESS_M / LESS_M)):
        rows = tuple(tuple(room - step * LESS_M for room in row) for row in bumps)
        limits = replace(one.limits, keep_out=replace(kept, grid=replace(kept.grid, rows_m=rows)))
        if not judge(replace(one, limits=limits)):
            break
        found = replace(one, limits=limits)
    return found


def edges(base: Trial, judge: Judge, *, has_limits: bool = True) -> Iterator[Edge]:
    """Yield the edges around a trial that passes, one number after the other, upward and downward.

    Args:
        base: what is changed.
        judge: whose edges.
        has_limits: limits are turned too, not only memory and tick.
    """
    for way, number in list(numbers_of((base.memory.numbers, base.tick, base.limits))):
        if (way[0] == 0 and not _is_continuous(base, int(way[1]))) or (way[0] == 2 and not has_limits):
            continue
        for direction in (1.0, -1.0):
            edge = _edge(base, judge, way, direction, number)
            if edge is not None:
                yield edge


def field_at(base: Trial, place: int) -> Field:
    """Return what stands at a place of the memory of a trial."""
    first = 0
    for field in FIELDS:
        first += 1 if field.size is None else field.size or len(base.limits.torque_nm)
        if place < first:
            return field
    raise IndexError(place)


def _is_continuous(base: Trial, place: int) -> bool:
    """Return True where a number of the memory may have any value: no count, no truth value, and not always zero."""
    field = field_at(base, place)
    is_unused = field.may_lack and base.limits.stop.speed_filter_rad_s == math.inf
    return field.kind is float and not is_unused


def _edge(base: Trial, judge: Judge, way: Way, direction: float, number: float) -> Edge | None:
    scale, step, good = max(abs(number), 1e-3), FIRST_STEP, number
    while True:
        bad = number + direction * step * scale
        if not _passes(base, judge, way, bad):
            break
        good, step = bad, GROWTH * step
        if step > LARGEST_STEP:
            return None
    while abs(bad - good) > HAIR * max(abs(good), 1e-3):
        middle = 0.5 * (good + bad)
        if _passes(base, judge, way, middle):
            good = middle
        else:
            bad = middle
    return Edge(way, turned(base, way, good), turned(base, way, bad))


def turned(base: Trial, way: Way, number: float) -> Trial:
    """Return a trial with another number."""
    if way[0] == 0:
        memory = with_number(base.memory.numbers, way[1:], number)
        return replace(base, memory=base.memory._replace(numbers=memory))
    if way[0] == 1:
        return replace(base, tick=with_number(base.tick, way[1:], number))
    return replace(base, limits=with_number(base.limits, way[1:], number))


def _passes(base: Trial, judge: Judge, way: Way, number: float) -> bool:
    return judge(turned(base, way, number))

"""Everything that a gate which has stopped nothing remembers from tick to tick, by name, as one row of numbers.

The watchers keep their values as attributes. This table says which of them a nominal tick changes; a test compares
whole gates attribute by attribute, so that none can be forgotten here.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from controller.safety.certificate import Memory

JOINTS = 0
"""Size of a field that has one value for every joint."""


class Field(NamedTuple):
    """One attribute that is remembered.

    Attributes:
        name: what it is called in the row.
        owner: way from the gate to the watcher that has it; a number is a place in a list.
        attribute: its name, or its place in a list, there.
        size: number of values of a tuple, ``JOINTS`` for one a joint; None for a single value.
        kind: of a single value.
        may_lack: the tuple may be empty all the time, where nothing is filtered.
    """

    name: str
    owner: str
    attribute: str
    size: int | None = None
    kind: type[float] | type[int] | type[bool] = float
    may_lack: bool = False


FIELDS: tuple[Field, ...] = (
    Field("now_s", "_time", "now_s"),
    Field("clock_offset_s", "_time", "_offset_s"),
    Field("clock_last_s", "_time", "_last_s"),
    Field("clock_missing_s", "_time", "_missing_s"),
    Field("gap_first", "_motion._gap", "_first", 6),
    Field("gap_second", "_motion._gap", "_second", 6),
    Field("bad_samples", "_monitor._bad_samples", "level"),
    Field("repeated", "_monitor._repeated", "level"),
    Field("is_sampled", "_monitor", "_is_sampled", kind=bool),
    Field("last_t_s", "_monitor", "_last_t_s"),
    Field("last_wrench", "_monitor", "_last_wrench", 6),
    Field("last_sequence", "_monitor", "_last_sequence", kind=int),
    Field("sampled_s", "_monitor", "_sampled_s"),
    Field("skinless_s", "_monitor._lost.0", "level"),
    Field("was_skinless", "_monitor._was_lost", "0", kind=bool),
    Field("descent_m", "_monitor._place", "_descent_m"),
    Field("spot_w", "_monitor._place", "_spot_w", 3),
    Field("spot_since_s", "_monitor._place", "_spot_since_s"),
    Field("pressed_apart", "_monitor._plausibility._pressed.apart", "level"),
    Field("pressed_unfelt", "_monitor._plausibility._pressed.unfelt", "level"),
    Field("pulled_apart", "_monitor._plausibility._pulled.apart", "level"),
    Field("pulled_unfelt", "_monitor._plausibility._pulled.unfelt", "level"),
    Field("touched", "_monitor.free._touched", "level"),
    Field("swing_first", "_monitor._swing", "_first", 3),
    Field("swing_second", "_monitor._swing", "_second", 3),
    Field("swing_square_n2", "_monitor._swing", "_square_n2"),
    Field("law_tank_j", "_tank._each.0", "level_j"),
    Field("law_halved", "_tank._each.0", "halved", kind=int),
    Field("corrected_tank_j", "_tank._each.1", "level_j"),
    Field("corrected_halved", "_tank._each.1", "halved", kind=int),
    Field("last_press_n", "", "_last_presses_n", 1),
    Field("seen_rad", "_lost", "_last_rad", JOINTS),
    Field("last_q_rad", "_monitor", "_last_q_rad", JOINTS),
    Field("last_dq_rad_s", "_monitor.speeds", "_last_rad_s", JOINTS),
    Field("own_first", "_motion._own", "_first", JOINTS, may_lack=True),
    Field("own_second", "_motion._own", "_second", JOINTS, may_lack=True),
    Field("momentum_nms", "_stopped.missing", "_momentum", JOINTS),
    Field("lack_nm", "_stopped.missing", "_lack_nm", JOINTS),
)
"""In the order of the row; those with one value a joint come last."""
NONE_OF = ("_lost._lost", "_monitor.speeds.is_wrong")
"""What a gate must not know of: a lost joint, a speed that was wrong. Nothing of it is in the row."""


def remembered(gate: object, joints: int) -> Memory | None:
    """Return what a gate remembers; None where it is not that of a tick like any other.

    Args:
        gate: a gate for one pad that has stopped nothing.
        joints: number of joints n.
    """
    if any([_reach(gate, way) for way in NONE_OF]):
        return None
    numbers: list[float] = []
    for field in FIELDS:
        value = _reach(gate, f"{field.owner}.{field.attribute}")
        if field.size is None:
            if value is None:
                return None
            numbers.append(float(value))
            continue
        size = field.size or joints
        if len(value) != size and not (field.may_lack and not value):
            return None
        numbers += value or (0.0,) * size
    samples = _reach(gate, "_monitor.speeds").samples()
    return Memory(tuple(numbers), samples) if samples else None


def recall(gate: object, joints: int, memory: Memory) -> None:
    """Let a gate remember what another judge of its ticks has seen since.

    Args:
        gate: the gate that ``remembered`` was asked of, or one like it.
        joints: number of joints n.
        memory: what it is to remember.
    """
    start = 0
    for field in FIELDS:
        owner, size = _reach(gate, field.owner), 1 if field.size is None else field.size or joints
        values = memory.numbers[start : start + size]
        start += size
        if field.size is None:
            _put(owner, field.attribute, field.kind(values[0]))
        elif not (field.may_lack and not _reach(owner, field.attribute)):
            _put(owner, field.attribute, values)
    _reach(gate, "_monitor.speeds").take(memory.samples)


def _reach(owner: object, way: str) -> Any:
    """Return what is at the end of a way of attributes, and of places in lists."""
    found: Any = owner
    for step in way.split("."):
        if step:
            found = found[int(step)] if step.isdigit() else getattr(found, step)
    return found


def _put(owner: Any, attribute: str, value: object) -> None:
    if attribute.isdigit():
        owner[int(attribute)] = value
    else:
        setattr(owner, attribute, value)

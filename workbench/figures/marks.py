"""Events on the time axis of a figure: strokes by number, everything that somebody or something did by letter."""

from __future__ import annotations

import enum
import math
import string
from dataclasses import dataclass, fields, is_dataclass

from matplotlib.axes import Axes

from controller.observers import ClearedEvent, RequestEvent
from controller.registration import RegistrationEvent, words_of
from controller.types import Cause, StopReason
from controller.wording import distinct_digits
from sim.faults.kinds import FAULT_KINDS
from workbench.figures.style import INK, QUIET
from workbench.record.messages import EventKind, FaultEvent, SegmentEvent
from workbench.record.reader import RunData

ORDINARY = frozenset(
    {
        EventKind.SEGMENT_BEGIN,
        EventKind.SEGMENT_END,
        EventKind.CONTACT,
        EventKind.MODE,
        EventKind.LIMITED_BEGIN,
        EventKind.LIMITED_END,
        EventKind.END,
    }
)
"""Kinds that every session has; other figures show them. Any other kind, also one added later, gets a mark."""
_CLOSE_SHARE = 0.03
"""Marks closer than this share of the axis share a box."""
_EDGE = {"boxstyle": "square,pad=0.15", "facecolor": "#ffffff", "edgecolor": INK, "linewidth": 0.7}


@dataclass(frozen=True, slots=True)
class Mark:
    """An event that is marked on the time axis.

    Attributes:
        t_s: session time.
        letter: its letter in the figures, ``a`` to ``z``, then ``aa`` and so on.
        kind: kind of the event, in words.
        text: what it was, in words; empty where the event holds no text.
    """

    t_s: float
    letter: str
    kind: str
    text: str


def event_marks(run: RunData) -> tuple[Mark, ...]:
    """Return a mark for every event that is not part of every session, in order of time."""
    marked = sorted((event for event in run.events if event.kind not in ORDINARY), key=lambda event: event.t_s)
    return tuple(
        Mark(event.t_s, _letter(index), _words(str(event.kind)), _event_words(event.data))
        for index, event in enumerate(marked)
    )


def draw_strokes(axes: Axes, run: RunData) -> None:
    """Write the number of every stroke at its beginning; the table of the report holds the names."""
    for event in run.events:
        if event.kind is EventKind.SEGMENT_BEGIN and isinstance(event.data, SegmentEvent):
            axes.axvline(event.t_s, color=QUIET, linewidth=0.7, dashes=(1, 2))
            axes.text(
                event.t_s,
                0.98,
                f" {event.data.index + 1}",
                transform=axes.get_xaxis_transform(),
                va="top",
                clip_on=True,
            )


def draw_marks(axes: Axes, marks: tuple[Mark, ...]) -> None:
    """Draw a line at every mark, with its letter at the bottom; letters too close to each other share a box."""
    begin_s, end_s = axes.get_xlim()
    groups: list[list[Mark]] = []
    for mark in marks:
        axes.axvline(mark.t_s, color=INK, linewidth=0.8, dashes=(3, 2))
        if groups and mark.t_s - groups[-1][0].t_s < _CLOSE_SHARE * (end_s - begin_s):
            groups[-1].append(mark)
        else:
            groups.append([mark])
    for group in groups:
        letters = " ".join(mark.letter for mark in group)
        axes.text(
            group[0].t_s, 0.05, letters, transform=axes.get_xaxis_transform(), ha="center", bbox=_EDGE, clip_on=True,
            zorder=6,
        )  # fmt: skip


def _letter(index: int) -> str:
    rounds, place = divmod(index, len(string.ascii_lowercase))
    return string.ascii_lowercase[place] * (rounds + 1)


def _event_words(data: object) -> str:
    """Return the data of an event as a sentence; data of a kind that is not known here field by field."""
    match data:
        case StopReason(cause=Cause.OPERATOR):
            return f"{data.cause}: {data.limit}; {data.next_step}"
        case StopReason():
            value, allowed = distinct_digits(data.value, data.allowed, 4)
            what = f"{data.limit} {value} {data.unit}, allowed {allowed} {data.unit}"
            return f"{_words(data.cause)}: {what}; {data.next_step}"
        case RequestEvent():
            return f"{_words(data.request)}, by {data.who}: {'' if data.is_taken else 'refused, '}{data.text}"
        case ClearedEvent():
            return f"the stop ({_words(data.stop.cause)}) by {data.who}"
        case RegistrationEvent():
            return words_of(data)
        case FaultEvent():
            return _fault_words(data)
    return _in_words("", data)


def _fault_words(fault: FaultEvent) -> str:
    kind, name = FAULT_KINDS.get(fault.name), _words(fault.name)
    if kind is None:
        return f"{name}, {fault.value:.4g}"
    if kind.default_joint is None:
        return f"{name}, {fault.value:.4g} {kind.unit}" if kind.unit else name
    joint = round(fault.value) if kind.is_whole else fault.joint
    words = f"joint {joint}" if joint else "all joints"
    return f"{name}, {words}" if kind.is_whole else f"{name}, {fault.value:.4g} {kind.unit}, {words}"


def _in_words(name: str, value: object) -> str:
    """Return one value in words; numbers and yes or no are named by their field, the rest speaks for itself."""
    if isinstance(value, enum.Enum):
        return _words(value.value if isinstance(value.value, str) else value.name.lower())
    if isinstance(value, str):
        return _words(value)
    if isinstance(value, bool):
        adjective = _words(name.removeprefix("is_"))
        return adjective if value else f"not {adjective}"
    if isinstance(value, int | float):
        return f"{_words(name)} {value:.4g}" if math.isfinite(value) else ""
    if is_dataclass(value):
        parts = [_in_words(field.name, getattr(value, field.name)) for field in fields(value) if field.name != "t_s"]
        return ", ".join(part for part in parts if part)
    return ""


def _words(name: str) -> str:
    return name.replace("_", " ")

"""Finds the events in the stream of steps: strokes, contact, mode, limits, stop."""

from __future__ import annotations

from dataclasses import replace

from controller.types import Cause, ContactState, Limited, Mode, SegmentInfo, StepRecord, StopReason
from workbench.record.messages import ContactEvent, Event, EventKind, LimitedEvent, ModeEvent, SegmentEvent

LIMITED_PAUSE_S = 0.05
"""A limit that acts again within this time counts as one event (assumed: five periods of a 100 Hz flicker)."""


class EventDetector:
    """Compares each step with the one before.

    Args:
        segments: strokes of the plan, for their names.
    """

    def __init__(self, segments: tuple[SegmentInfo, ...]) -> None:
        self._names = tuple(segment.name for segment in segments)
        self._segment: int | None = None
        self._contact = ContactState.FREE
        self._mode = Mode.RUN
        self._limits: dict[Cause, LimitedEvent] = {}
        self._stop_seen: StopReason | None = None

    def observe(self, record: StepRecord) -> tuple[Event, ...]:
        """Return the events of this step, mostly none."""
        applied = record.applied
        if (
            record.contact is self._contact
            and record.reference.segment == self._segment
            and not applied.limited
            and not self._limits
            and applied.mode is self._mode
            and applied.stop is self._stop_seen
        ):
            return ()
        return (*self._strokes(record), *self._states(record), *self._limited(record), *self._stop(record))

    def finish(self, t_s: float) -> tuple[Event, ...]:
        """Return the events that close what is still open at the end."""
        ended = tuple(Event(t_s, EventKind.LIMITED_END, span) for span in self._limits.values())
        self._limits.clear()
        if self._segment is None:
            return ended
        return (*ended, Event(t_s, EventKind.SEGMENT_END, self._segment_event(self._segment)))

    def _segment_event(self, index: int) -> SegmentEvent:
        return SegmentEvent(index, self._names[index] if 0 <= index < len(self._names) else f"segment {index}")

    def _strokes(self, record: StepRecord) -> list[Event]:
        index = record.reference.segment
        if index == self._segment:
            return []
        events = []
        if self._segment is not None:
            events.append(Event(record.t_s, EventKind.SEGMENT_END, self._segment_event(self._segment)))
        self._segment = index
        return [*events, Event(record.t_s, EventKind.SEGMENT_BEGIN, self._segment_event(index))]

    def _states(self, record: StepRecord) -> list[Event]:
        events = []
        if record.contact is not self._contact:
            events.append(Event(record.t_s, EventKind.CONTACT, ContactEvent(self._contact, record.contact)))
            self._contact = record.contact
        if record.applied.mode is not self._mode:
            events.append(Event(record.t_s, EventKind.MODE, ModeEvent(self._mode, record.applied.mode)))
            self._mode = record.applied.mode
        return events

    def _limited(self, record: StepRecord) -> list[Event]:
        events = []
        for limited in record.applied.limited:
            span = self._limits.get(limited.cause)
            self._limits[limited.cause] = grown = _grow(span, limited, record.t_s)
            if span is None:
                events.append(Event(record.t_s, EventKind.LIMITED_BEGIN, grown))
        for cause, span in list(self._limits.items()):
            if record.t_s - span.end_s > LIMITED_PAUSE_S:
                events.append(Event(record.t_s, EventKind.LIMITED_END, span))
                del self._limits[cause]
        return events

    def _stop(self, record: StepRecord) -> list[Event]:
        """Return the stop that began; after a clear the next one may begin with the very next tick."""
        stop, before = record.applied.stop, self._stop_seen
        self._stop_seen = stop
        return [] if stop is None or stop == before else [Event(record.t_s, EventKind.STOP, stop)]


def _grow(span: LimitedEvent | None, limited: Limited, t_s: float) -> LimitedEvent:
    if span is None:
        return LimitedEvent(limited.cause, t_s, t_s, 1, limited.value, limited.allowed, limited.unit)
    longer = replace(span, end_s=t_s, ticks=span.ticks + 1)
    if abs(limited.value - limited.allowed) > abs(span.worst_value - span.worst_allowed):
        return replace(longer, worst_value=limited.value, worst_allowed=limited.allowed)
    return longer

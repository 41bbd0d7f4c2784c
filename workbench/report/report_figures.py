"""The figures of the report, each with its meaning: what is drawn, what to look for, what would be bad."""

from __future__ import annotations

from collections.abc import Callable

from matplotlib.figure import Figure

from controller.processes.realtime.histogram import TimeFigures
from workbench.figures.force import force_error, force_over_time
from workbench.figures.last_second import last_second
from workbench.figures.lateness import lateness_histograms
from workbench.figures.limits import limited_timeline
from workbench.figures.marks import Mark, event_marks
from workbench.figures.pressure import Relief, body_map
from workbench.figures.style import NARROW, WIDE, Canvas, inline_svg
from workbench.figures.timing import tick_histogram
from workbench.figures.torque import torque_shares
from workbench.record.reader import RunData
from workbench.record.summary import Summary
from workbench.record.tick_facts import tick_facts
from workbench.report import html


def force_section(run: RunData) -> str:
    """Return press force over time, with the events on its time axis."""
    marks = event_marks(run)
    what = (
        "Upper panel: planned press force (wide pale line), true force on the tissue (blue, on it) and sensed force "
        "(orange, seen where it differs from the true one). Lower panel: the differences, on their own scale; "
        "differences beyond the scale are drawn at its edge. Numbers mark the strokes. "
        "Look for a blue line that stays on the pale one and differences that stay near zero. "
        "Bad would be a blue line in the orange area, which is over the hard limit, or a difference that stays large. "
        "Off the skin the limit of the place below is drawn but not counted."
    )
    if not run.steps.has_truth:
        what = (
            "From the senses: no truth was recorded. Upper panel: planned press force (wide pale line) and sensed "
            "force (orange). Lower panel: sensed minus planned, on its own scale. Numbers mark the strokes. "
            "Look for an orange line that stays on the pale one. Bad would be a difference that stays large."
        )
    if marks:
        what += " Letters mark the events listed here."
    content = _both("press force over time", lambda canvas: force_over_time(run, canvas))
    return html.section("Press force", what, content + _event_table(marks))


def _event_table(marks: tuple[Mark, ...]) -> str:
    rows = [
        (f"{mark.letter}: {mark.t_s:.2f} s", f"{mark.kind}: {mark.text}" if mark.text else mark.kind) for mark in marks
    ]
    return html.text_table(rows) if rows else ""


def error_section(run: RunData) -> str:
    """Return how often the force was how far off."""
    what = (
        "Distribution of the force error (true minus planned press force) over all working samples; the outermost "
        "bars hold all larger errors. Look for one narrow peak at zero. Bad would be a peak beside zero (a lasting "
        "error) or a second peak."
    )
    facts = tick_facts(run.steps)
    if not facts.working.any():
        return html.section("Force error", "No stroke was at work: there is no force error to show.", "")
    content = _both("force error", lambda canvas: force_error(run.steps, facts, canvas))
    return html.section("Force error", what, content)


def body_section(run: RunData, relief: Relief | None) -> str:
    """Return the strokes and the pressure on the body."""
    what = (
        "Seen from above, head up: true press force along the strokes, and the largest mean pressure of each place "
        "(force over the plan area of the pad's cap below the skin, an approximation). Look for strokes on the muscles "
        "beside the spine and on the shoulders. Bad would be a stroke on the spine itself or over a kidney, or one "
        "place with much more pressure than its neighbours."
    )
    return html.section("On the body", what, _both("strokes on the body", lambda canvas: body_map(run, relief, canvas)))


def torque_section(run: RunData) -> str:
    """Return the torque of every joint against its limit."""
    what = (
        "Torque sent to each joint as a share of the joint's limit, one panel a joint, all on the same scale. The text "
        "names the joint, its largest share and its limit. Look for room to the limit in every joint. Bad would be a "
        "joint that reaches 100 %: the arm then cannot follow the plan."
    )
    return html.section("Joint torques", what, _both("joint torques", lambda canvas: torque_shares(run, canvas)))


def limits_section(run: RunData) -> str:
    """Return what the gate limited, and when."""
    if limited_timeline(run.steps) is None:
        return html.section("What was limited", "Nothing: every command passed as the control law asked for it.", "")
    what = (
        "When the gate changed a command, and because of which limit; darker where more commands were changed. The "
        "share of all ticks is in brackets. Look for short, rare marks, mostly at landings. Bad would be a long solid "
        "bar: the control law then asks for more than is allowed all the time."
    )
    return html.section(
        "What was limited, and when", what,
        _both("limited commands", lambda canvas: limited_timeline(run.steps, canvas) or Figure()),
    )  # fmt: skip


def timing_section(run: RunData, summary: Summary) -> str:
    """Return how long the ticks took."""
    tick = summary.tick_us
    numbers = "" if tick is None else (
        f"p50 {tick.p50:.0f} µs, p99 {tick.p99:.0f} µs, p99.9 {tick.p999:.0f} µs, longest {tick.max:.0f} µs; "
        f"{summary.overruns} ticks over the period, {summary.recorder_drops} steps dropped from the record. "
    )  # fmt: skip
    what = (
        "How long one tick of the loop took on this computer, the simulation included. Look for a median (p50) well "
        "left of the loop period. Ticks right of it do not matter in simulation, where the clock waits; on hardware "
        "each of them would be a command that comes late."
    )
    histogram = _both("loop timing", lambda canvas: tick_histogram(run.loop[-1], run.config.dt_s, canvas))
    return html.section("Loop timing", numbers + what, histogram)


def wall_clock_section(run: RunData) -> str:
    """Return how late loops were that kept time on the wall clock; nothing for a simulation, whose clock waits."""
    loops = run.loop[-1].wall_clock if run.loop else ()
    if not loops:
        return ""
    what = (
        "How late the periods of each loop began on the wall clock, and how long their work took [µs]. Look for a "
        "p99.9 far left of the period and no period past the next deadline. Bad would be periods past it: each of them "
        "is a command that came late. Drives are late against their own deadlines, the others against the ticks of the "
        "drives."
    )
    head = ("loop", "periods", "past the next deadline", "deadlines left out", "late p50", "p99", "p99.9", "longest",
            "work p50", "work p99", "work p99.9", "longest work")  # fmt: skip
    rows = [
        (times.loop.value, str(times.figures.body.count), str(times.figures.overruns), str(times.figures.skipped),
         *_quantiles(times.figures.lateness), *_quantiles(times.figures.body))
        for times in loops
    ]  # fmt: skip
    picture = _both("lateness", lambda canvas: lateness_histograms(loops, canvas))
    return html.section("On the wall clock", what, picture + html.table(head, rows))


def _quantiles(figures: TimeFigures) -> tuple[str, ...]:
    values = (figures.p50_us, figures.p99_us, figures.p999_us, figures.max_us)
    return tuple(f"{value:.0f}" for value in values)


def stop_figure(run: RunData, stop_s: float, number: int) -> str:
    """Return the last second before a stop; ``number`` tells the stops of one run apart."""
    if run.steps.count < 2:
        return ""
    what = (
        "The last second before the stop and the half second after it. Top: press force. Middle: static press force "
        "of the torques that were sent, against its limit. Bottom: the joint that is closest to its torque limit. Look "
        "for the line that reaches its limit at 0 s; after it the press force must fall to zero and stay there."
    )
    picture = _both(f"last second before stop {number}", lambda canvas: last_second(run, stop_s, canvas))
    return f'{picture}<p class="quiet">{what}</p>'


def _both(name: str, draw: Callable[[Canvas], Figure]) -> str:
    """Return a figure drawn for a screen and for a phone."""
    wide, narrow = (inline_svg(draw(canvas), f"{name} {kind}") for canvas, kind in ((WIDE, "wide"), (NARROW, "narrow")))
    return html.figure(name, wide, narrow)

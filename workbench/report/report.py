"""The offline report of a run: one HTML file, verdict first, nothing loaded from anywhere."""

from __future__ import annotations

from controller.safety.limits import PRESSURE_CEILING_PA
from controller.types import Cause
from controller.wording import distinct_digits
from workbench.figures.film import FilmPictures
from workbench.figures.pressure import Relief, mean_pressure_pa
from workbench.record.ending import StopSummary
from workbench.record.reader import RunData
from workbench.record.summary import Summary
from workbench.report import html
from workbench.report.bound_words import HARD_LIMIT_WORDS, bound_rows
from workbench.report.numbers import number
from workbench.report.report_figures import (
    body_section,
    error_section,
    force_section,
    limits_section,
    stop_figure,
    timing_section,
    torque_section,
    wall_clock_section,
)
from workbench.report.warning_words import counted
from workbench.runs.output import REPORT_BEGINNING

_BOUNDS_READING = (
    "Look for a largest force left of the orange line. Bad would be one right of it, or over the first bound."
)
_STROKES_READING = (
    "True press force against the planned one, path and tool angle while working. Look for small errors and full "
    "contact. Bad would be less than 100 % contact, or a stroke that is limited most of the time."
)

_WARNINGS_READING = (
    "What the senses found beyond what the plan assumed, without passing a limit. The limits held; comfort and the "
    "room under the limits are less than planned. Look at each before the next session."
)


def render_report(run: RunData, summary: Summary, relief: Relief | None, film: FilmPictures | None = None) -> str:
    """Return the report page.

    Args:
        run: the recorded run.
        summary: its numbers.
        relief: height map of the body, None where it is not known.
        film: the back under the thumb, None where none was filmed.
    """
    stops = _stops(summary)
    parts = [_banner(run, summary, stops), _warnings_section(summary), html.cards(_key_numbers(run, summary))]
    parts += [_stop_section(run, stop, number, len(stops)) for number, stop in enumerate(stops, start=1)]
    parts.append(_bounds_section(summary))
    if film is not None:
        parts.append(_film_section(film))
    if run.steps.count:
        parts += _pictures(run, summary, relief)
    parts.append(_identity(run, summary))
    return html.page(REPORT_BEGINNING, f"{summary.verdict}: {summary.program} on {summary.body}", parts)


def is_within_limits(summary: Summary) -> bool:
    """Return True for a completed run without a sample over its limit."""
    return summary.verdict == "completed" and summary.over_limit_samples == 0


def _banner(run: RunData, summary: Summary, stops: tuple[StopSummary, ...]) -> str:
    peak, limit = number(summary.peak_force_n, "N", 1), number(summary.hard_limit_n, "N", 0)
    over = summary.over_limit_samples
    force = "no sample over a hard limit" if over == 0 else f"{over} samples OVER a hard limit"
    headline = {"completed": "✓ Session completed", "stopped": "✕ Session stopped", "refused": "✕ Plan refused"}[
        summary.verdict
    ]
    if summary.verdict == "completed" and over:
        headline = "✕ Session completed, but over a hard limit"
    headline += counted(summary)
    lines = [f"{summary.program} on {summary.body} with {summary.arm}, {summary.duration_s:.1f} s"]
    if summary.peak_force_n is not None:
        lines.append(f"Peak force {peak}, smallest hard limit in contact {limit}; {force}.")
    if run.steps.count and not run.steps.has_truth:
        lines.append("No truth was recorded: figures are from the senses.")
    if summary.air_check is not None:
        lines.append(f"Checked in free air: {summary.air_check.text}.")
    if summary.verdict != "completed":
        lines.append(summary.message)
    elif stops:
        times = "once" if len(stops) == 1 else f"{len(stops)} times"
        lines.append(f"It was stopped {times}; an operator cleared the stop and the session went on.")
    return html.verdict(is_within_limits(summary), headline, lines)


def _warnings_section(summary: Summary) -> str:
    """Return what passed the plan's assumptions, one row a warning; nothing where there is none."""
    if not summary.warnings:
        return ""
    rows = [line.partition(": ")[::2] for line in summary.warnings]
    return html.section("Warnings", _WARNINGS_READING, html.text_table(rows))


def _key_numbers(run: RunData, summary: Summary) -> list[tuple[str, str, bool]]:
    over = summary.over_limit_samples > 0
    pressure = mean_pressure_pa(run.steps, run.config.pads)
    peak_pa = float(pressure.max()) if pressure.size else None
    return [
        (number(summary.force_rmse_n, "N"), "force error, RMS", False),
        (number(summary.force_p95_abs_error_n, "N"), "force error, 95 % within", False),
        (number(summary.peak_force_n, "N", 1), "largest true press force", over),
        (str(summary.over_limit_samples), "samples over a hard limit", over),
        (
            number(summary.peak_other_contact_n, "N", 1),
            "largest force at a link or place but the pad, mean over 0.1 s",
            False,
        ),
        (number(summary.peak_other_transient_n, "N", 1), "the same at a moment", False),
        (number(summary.landing_peak_n, "N", 1), "largest landing force", False),
        (number(summary.normal_angle_mean_deg, "°", 1), "tool off the skin normal, mean", False),
        (number(summary.path_rmse_mm, "mm"), "path error, RMS", False),
        (
            number(None if peak_pa is None else peak_pa * 1e-4, "N/cm²", 1),
            f"largest mean pressure (ceiling {PRESSURE_CEILING_PA * 1e-4:.0f})",
            peak_pa is not None and not peak_pa <= PRESSURE_CEILING_PA,
        ),
        (number(summary.tissue_work_j, "J", 1), "work done on the tissue", False),
        (number(summary.realtime_factor, "×", 1), "real time: speed of the simulation", False),
    ]


def _bounds_section(summary: Summary) -> str:
    """Return force, hard limit and the three bounds side by side, with what each assumes."""
    rows = bound_rows(summary.worst_case_bound_n, summary.person_bound_n, summary.braked_bound_n)
    bars = [
        html.Bar("largest true press force", summary.peak_force_n, number(summary.peak_force_n, "N", 1)),
        html.Bar("smallest hard limit in contact", summary.hard_limit_n, number(summary.hard_limit_n, "N", 0), "limit"),
        *(html.Bar(f"worst case, {row.name}", row.value_n, number(row.value_n, "N", 1), "bound") for row in rows),
    ]
    entries = [(number(row.value_n, "N", 1), f"{row.name.capitalize()}. {row.assumes}", False) for row in rows]
    return html.section(
        "How large the force can get", " ".join((*HARD_LIMIT_WORDS, _BOUNDS_READING)),
        html.bars(bars) + html.cards(entries, broad=True),
    )  # fmt: skip


def _stops(summary: Summary) -> tuple[StopSummary, ...]:
    """Return every stop of the run, also those that were cleared; the last one ended it where it was stopped."""
    if summary.stops or summary.stop is None:
        return summary.stops
    return (summary.stop,)


def _stop_section(run: RunData, stop: StopSummary, position: int, count: int) -> str:
    rows = [("cause", stop.cause.replace("_", " ")), ("limit", stop.limit)]
    if stop.cause != Cause.OPERATOR and stop.value is not None and stop.allowed is not None:
        value, allowed = distinct_digits(stop.value, stop.allowed, 4)
        rows += [("value", f"{value} {stop.unit}"), ("allowed", f"{allowed} {stop.unit}")]
    rows += [("at", f"{stop.t_s:.3f} s"), ("do next", stop.next_step)]
    title = "Why it stopped" if count == 1 else f"Why it stopped, {position} of {count}"
    return html.section(title, "", html.text_table(rows) + stop_figure(run, stop.t_s, position))


def _film_section(film: FilmPictures) -> str:
    still = f"the moment of the highest force, {film.peak_n:.1f} N at {film.peak_s:.2f} s"
    colour = "mean pressure in the tissue over cells of 15 mm, less than on the skin itself"
    text = f"Finite elements: film of the first landing, then {still}. Colour: {colour}."
    entries = ((film.kind, film.animation, "film of the back under the pad"), ("image/png", film.still, still))
    return html.section("The back under the thumb", text, html.pictures(entries))


def _pictures(run: RunData, summary: Summary, relief: Relief | None) -> list[str]:
    parts = [force_section(run), html.section("Strokes", _STROKES_READING, _stroke_table(summary))]
    if run.steps.has_truth:
        parts += [error_section(run), body_section(run, relief)]
    parts += [torque_section(run), limits_section(run)]
    if run.loop:
        parts += [timing_section(run, summary), wall_clock_section(run)]
    return parts


def _stroke_table(summary: Summary) -> str:
    head = (
        "stroke",
        "target N",
        "RMS error N",
        "95 % error N",
        "peak N",
        "path mm",
        "angle °",
        "contact %",
        "limited %",
    )
    rows = [
        (
            f"{index}. {stroke.name}",
            number(stroke.force_target_n, digits=0),
            number(stroke.force_rmse_n),
            number(stroke.force_p95_abs_error_n),
            number(stroke.peak_force_n, digits=1),
            number(stroke.path_rmse_mm),
            number(stroke.normal_angle_mean_deg, digits=1),
            _percent(stroke.contact_fraction),
            _percent(stroke.limited_fraction),
        )
        for index, stroke in enumerate(summary.segments, start=1)
    ]
    return html.table(head, rows)


def _percent(fraction: float | None) -> str:
    return number(None if fraction is None else 100.0 * fraction, digits=1)


def _identity(run: RunData, summary: Summary) -> str:
    config = run.config
    versions = ", ".join(f"{entry.package} {entry.version}" for entry in config.versions)
    rows = [
        ("program, body", f"{config.program}, {config.body}"),
        ("arm, gains, tissue", f"{config.arm}, {config.gains}, {config.tissue}"),
        ("seed, surface error", f"{config.seed}, {config.surface_error_mm:g} mm"),
        ("plant", config.differences.name),
        ("configuration", config.config_sha256[:16]),
        ("record", "complete" if run.is_complete else "cut off"),
    ]
    text = f"Research software, not a medical device. {versions}"
    return html.section("This run", text, html.text_table(rows))

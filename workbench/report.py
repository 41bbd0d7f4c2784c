"""The offline report of a run: one HTML file, verdict first, nothing loaded from anywhere."""

from __future__ import annotations

from controller.safety.limits import PRESSURE_CEILING_PA
from workbench import html
from workbench.figures.film import FilmPictures
from workbench.figures.force import force_error, force_over_time
from workbench.figures.last_second import last_second
from workbench.figures.limits import limited_timeline
from workbench.figures.pressure import Relief, body_map, mean_pressure_pa
from workbench.figures.style import inline_svg
from workbench.figures.timing import tick_histogram
from workbench.figures.torque import torque_shares
from workbench.output import REPORT_BEGINNING
from workbench.reader import RunData
from workbench.summary import StopSummary, Summary, tick_facts

_NONE = "-"


def number(value: float | None, unit: str = "", digits: int = 2) -> str:
    """Return a number as a person reads it, a dash where there is none."""
    return _NONE if value is None else f"{value:.{digits}f} {unit}".strip()


def render_report(run: RunData, summary: Summary, relief: Relief | None, film: FilmPictures | None = None) -> str:
    """Return the report page.

    Args:
        run: the recorded run.
        summary: its numbers.
        relief: height map of the body, None where it is not known.
        film: the back under the thumb, None where none was filmed.
    """
    parts = [_banner(summary), html.cards(_key_numbers(run, summary))]
    if summary.stop is not None:
        parts.append(_stop_section(run, summary.stop))
    if film is not None:
        parts.append(_film_section(film))
    if run.steps.count:
        parts += _pictures(run, summary, relief)
    parts.append(_identity(run, summary))
    return html.page(REPORT_BEGINNING, f"{summary.verdict}: {summary.program} on {summary.body}", parts)


def is_within_limits(summary: Summary) -> bool:
    """Return True for a completed run without a sample over its limit."""
    return summary.verdict == "completed" and summary.over_limit_samples == 0


def _banner(summary: Summary) -> str:
    peak, limit = number(summary.peak_force_n, "N", 1), number(summary.hard_limit_n, "N", 0)
    over = summary.over_limit_samples
    force = "no sample over a hard limit" if over == 0 else f"{over} samples OVER a hard limit"
    headline = {"completed": "✓ Session completed", "stopped": "✕ Session stopped", "refused": "✕ Plan refused"}[
        summary.verdict
    ]
    if summary.verdict == "completed" and over:
        headline = "✕ Session completed, but over a hard limit"
    lines = [f"{summary.program} on {summary.body} with {summary.arm}, {summary.duration_s:.1f} s"]
    if summary.peak_force_n is not None:
        lines.append(f"Peak force {peak}, smallest hard limit met {limit}; {force}.")
    if summary.verdict != "completed":
        lines.append(summary.message)
    return html.verdict(is_within_limits(summary), headline, lines)


def _key_numbers(run: RunData, summary: Summary) -> list[tuple[str, str, bool]]:
    over = summary.over_limit_samples > 0
    pressure = mean_pressure_pa(run.steps, run.config.pads)
    peak_pa = float(pressure.max()) if pressure.size else None
    return [
        (number(summary.force_rmse_n, "N"), "force error, RMS", False),
        (number(summary.force_p95_abs_error_n, "N"), "force error, 95 % below", False),
        (number(summary.peak_force_n, "N", 1), "largest true press force", over),
        (str(summary.over_limit_samples), "samples over a hard limit", over),
        (number(summary.landing_peak_n, "N", 1), "largest landing force", False),
        (number(summary.normal_angle_mean_deg, "°", 1), "tool off the skin normal, mean", False),
        (number(summary.path_rmse_mm, "mm"), "path error, RMS", False),
        (number(summary.worst_case_bound_n, "N", 1), "worst case, person breathing", False),
        (number(summary.person_bound_n, "N", 1), "worst case, person moving 0.2 m/s", False),
        (
            number(None if peak_pa is None else peak_pa * 1e-4, "N/cm²", 1),
            f"largest mean pressure (ceiling {PRESSURE_CEILING_PA * 1e-4:.0f})",
            peak_pa is not None and not peak_pa <= PRESSURE_CEILING_PA,
        ),
        (number(summary.tissue_work_j, "J", 1), "work done on the tissue", False),
        (number(summary.realtime_factor, "×", 1), "faster than real time", False),
    ]


def _stop_section(run: RunData, stop: StopSummary) -> str:
    rows = [
        ("cause", stop.cause.replace("_", " ")),
        ("limit", stop.limit),
        ("value", number(stop.value, stop.unit, 3)),
        ("allowed", number(stop.allowed, stop.unit, 3)),
        ("at", f"{stop.t_s:.3f} s"),
        ("do next", stop.next_step),
    ]
    picture = inline_svg(last_second(run, stop.t_s)) if run.steps.count > 1 else ""
    return html.section("Why it stopped", "", html.table(("", ""), rows) + picture)


def _film_section(film: FilmPictures) -> str:
    still = f"the moment of the highest force, {film.peak_n:.1f} N at {film.peak_s:.2f} s"
    colour = "mean pressure in the tissue over cells of 15 mm, less than on the skin itself"
    text = f"Finite elements: film of the first landing, then {still}. Colour: {colour}."
    entries = ((film.kind, film.animation, "film of the back under the pad"), ("image/png", film.still, still))
    return html.section("The back under the thumb", text, html.pictures(entries))


def _pictures(run: RunData, summary: Summary, relief: Relief | None) -> list[str]:
    parts = [
        html.section(
            "Press force", "True force on the tissue, never seen by the controller, and what it sensed and wanted; "
            "numbers mark the strokes.", inline_svg(force_over_time(run)),
        ),
        html.section("Strokes", "", _stroke_table(summary)),
    ]  # fmt: skip
    if run.steps.has_truth:
        parts += [
            html.section("Force error", "", inline_svg(force_error(run.steps, tick_facts(run.steps)))),
            html.section(
                "On the body", "Seen from above, head up. Mean pressure is force over the plan area of the pad's cap "
                "below the skin, an approximation.", inline_svg(body_map(run, relief)),
            ),
        ]  # fmt: skip
    parts.append(html.section("Joint torques", "Sent torque against each joint's limit.", _svg_torques(run)))
    parts.append(_limits_section(run))
    if run.loop:
        parts.append(_timing_section(run, summary))
    return parts


def _svg_torques(run: RunData) -> str:
    return inline_svg(torque_shares(run))


def _limits_section(run: RunData) -> str:
    figure = limited_timeline(run.steps)
    if figure is None:
        return html.section("What was limited", "Nothing: every command passed as the law asked for it.", "")
    return html.section("What was limited, and when", "Share of all ticks in brackets.", inline_svg(figure))


def _timing_section(run: RunData, summary: Summary) -> str:
    tick = summary.tick_us
    text = "" if tick is None else (
        f"p50 {tick.p50:.0f} us, p99 {tick.p99:.0f} us, p99.9 {tick.p999:.0f} us, longest {tick.max:.0f} us; "
        f"{summary.overruns} over the period, {summary.recorder_drops} steps dropped from the record."
    )  # fmt: skip
    return html.section("Loop timing", text, inline_svg(tick_histogram(run.loop[-1], run.config.dt_s)))


def _stroke_table(summary: Summary) -> str:
    head = ("stroke", "target N", "RMS error N", "95 % N", "peak N", "path mm", "angle °", "contact %", "limited %")
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
        ("configuration", config.config_sha256[:16]),
        ("record", "complete" if run.is_complete else "cut off"),
    ]
    text = f"Research software, not a medical device. {versions}"
    return html.section("This run", text, html.table(("", ""), rows))

"""The report: one file that loads nothing, says the verdict first and survives every kind of run."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from controller.arm import PadDescription
from controller.errors import PlanError
from controller.observers import ClearedEvent, RequestEvent
from controller.operator import Request
from controller.types import Cause, Clearance, Limited, Mode, StepRecord, StopReason
from tests.synthetic import CONFIG, Synthetic, step
from workbench.figures.marks import event_marks
from workbench.figures.pressure import Relief, mean_pressure_pa
from workbench.figures.style import THEME, envelope
from workbench.record.columns import no_steps
from workbench.record.messages import Event, EventKind, FaultEvent, RunConfig
from workbench.record.reader import RunData, read_run
from workbench.record.recorder import McapRecorder
from workbench.record.summary import refused, summarise
from workbench.report.numbers import number
from workbench.report.report import render_report
from workbench.report.report_figures import force_section, limits_section
from workbench.report.timeline import read_timeline, timeline_lines


@dataclass(frozen=True, slots=True)
class Strange:
    """Data of a kind of event that this version does not know."""

    place: str
    nothing: float
    seconds: float
    is_taken: bool
    place_before: Mode
    stop: StopReason


X, Y = np.arange(-0.2, 0.5, 0.02), np.arange(-0.3, 0.3, 0.02)
RELIEF = Relief(X, Y, np.where(np.abs(Y)[None, :] < 0.2, 0.1 + 0.0 * X[:, None], np.nan))
STOP = StopReason(Cause.PAD_FORCE, "press <force>", 31.0, 30.0, "N", 1.7, "look at the person")


Change = Callable[[int, StepRecord], StepRecord]


def unchanged(_: int, step: StepRecord) -> StepRecord:
    return step


def record(
    tmp_path: Path, synthetic: Synthetic, change: Change = unchanged, config: RunConfig | None = None
) -> RunData:
    with McapRecorder(tmp_path / "record.mcap", config or synthetic.config, lossless=True) as recorder:
        for index, plain in enumerate(synthetic.steps()):
            recorder.write(change(index, plain))
    return read_run(tmp_path)


def page(tmp_path: Path, synthetic: Synthetic, change: Change = unchanged, config: RunConfig | None = None) -> str:
    run = record(tmp_path, synthetic, change, config)
    return render_report(run, summarise(run), RELIEF)


def words(run: RunData) -> str:
    """Return the page without its figures, which take most of the time."""
    return render_report(replace(run, steps=no_steps(), loop=()), summarise(run), None)


@pytest.fixture(scope="module")
def plain_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return page(tmp_path_factory.mktemp("run"), Synthetic(CONFIG, step))


def test_nothing_is_loaded_from_anywhere(plain_page: str) -> None:
    text = plain_page
    assert "http" not in text
    assert "<script" not in text
    assert "<link" not in text
    sources = re.findall(r'(?:href|src)="([^#"]+)"', text)
    assert sources
    assert all(re.match(r"data:image/(png|webp);base64,", source) for source in sources)
    assert len(text) < 1_000_000


def test_the_verdict_comes_first_in_words(plain_page: str) -> None:
    text = plain_page
    body = text[text.index("<body>") :]
    assert body.index("✓ Session completed") < body.index("Press force") < body.index("Loop timing")
    assert 'class="verdict good"' in text
    for title in ("Strokes", "Force error", "On the body", "Joint torques", "What was limited"):
        assert f"<h2>{title}" in text
    assert text.count("<svg") == 2 * 5
    assert text.count('<div class="wide"') == text.count('<div class="narrow"') == 5


def test_every_figure_says_what_would_be_bad(plain_page: str) -> None:
    sections = [part for part in plain_page.split("<section>") if "<svg" in part]
    assert len(sections) == 5
    for part in sections:
        assert "Look for" in part
        assert "Bad would be" in part or "Ticks right of it" in part


def test_no_text_of_a_figure_is_smaller_than_11_px(plain_page: str) -> None:
    """The page shows a narrow figure 358 px wide on a phone of 390 px, and a wide one at least 720 px wide."""
    for kind, shown_px in (("wide", 720.0), ("narrow", 358.0)):
        figures = re.findall(rf'<div class="{kind}"[^>]*>(<svg.*?</svg>)', plain_page, re.DOTALL)
        assert len(figures) == 5
        for svg in figures:
            box = re.search(r'viewBox="0 0 ([\d.]+) ', svg)
            sizes = [float(size) for size in re.findall(r'<text[^>]* style="[^"]*font-size: ([\d.]+)px', svg)]
            assert box is not None
            assert sizes
            assert min(sizes) * shown_px / float(box[1]) >= 11.0


def test_figures_of_one_page_share_no_definition(plain_page: str) -> None:
    identifiers = re.findall(r' id="([^"]+)"', plain_page)
    assert identifiers
    assert len(set(identifiers)) == len(identifiers)


def test_colours_of_the_page_follow_light_and_dark(plain_page: str) -> None:
    svg = plain_page[plain_page.index("<svg") :]
    for colour, variable in THEME.items():
        assert colour not in svg
        assert plain_page.count(f"{variable}:") == 2, f"{variable} needs a light and a dark value"


def test_the_three_bounds_stand_side_by_side(tmp_path: Path, synthetic: Synthetic) -> None:
    config = replace(synthetic.config, braked_bound_n=52.5).hashed()
    text = words(record(tmp_path, synthetic, config=config))
    part = text[text.index("How large the force can get") : text.index("<h2>This run")]
    for bound, assumed in (("31.5 N", "person breathes"), ("38.2 N", "0.2 m/s"), ("52.5 N", "one joint braked")):
        assert bound in part
        assert assumed in part
    assert part.index("31.5 N") < part.index("38.2 N") < part.index("52.5 N")
    assert "bounds the force that the arm commands" in part
    assert "inertia of the arm" in part


def test_a_sample_over_the_limit_turns_a_completed_run_bad(tmp_path: Path, synthetic: Synthetic) -> None:
    text = words(record(tmp_path, synthetic, lambda at, step: synthetic.pressed(step, 46.0) if at == 500 else step))
    assert 'class="verdict bad"' in text
    assert "1 samples OVER a hard limit" in text


def test_a_stop_is_explained_and_escaped(tmp_path: Path, synthetic: Synthetic) -> None:
    text = page(tmp_path, synthetic, lambda at, step: synthetic.stopped(step, STOP) if at >= 1700 else step)
    assert "✕ Session stopped" in text
    assert "Why it stopped" in text
    assert "press &lt;force&gt;" in text
    assert "press <force>" not in text
    assert "31 N" in text


def test_names_from_files_are_escaped(tmp_path: Path, synthetic: Synthetic) -> None:
    config = replace(synthetic.config, body="<img src=x>").hashed()
    text = words(record(tmp_path, synthetic, config=config))
    assert "&lt;img src=x&gt;" in text
    assert "<img" not in text


def test_what_was_limited_is_drawn(tmp_path: Path, synthetic: Synthetic) -> None:
    limit = Limited(Cause.PRESS_LIMIT, 30.0, 23.0, "N")
    run = record(tmp_path, synthetic, lambda at, step: synthetic.limited(step, limit) if 400 <= at < 500 else step)
    text = limits_section(run)
    assert "press limit (5.0 %)" in text


def test_a_run_without_truth_still_has_a_report(tmp_path: Path, synthetic: Synthetic) -> None:
    text = page(tmp_path, synthetic, lambda _, step: replace(step, truth=()))
    assert "On the body" not in text
    assert "Joint torques" in text
    assert "figures are from the senses" in text
    assert "sensed minus planned" in text
    assert "true minus planned" not in text


def test_a_stop_that_was_cleared_is_explained_too(tmp_path: Path, synthetic: Synthetic) -> None:
    run = record(tmp_path, synthetic)
    stops = tuple(Event(t_s, EventKind.STOP, replace(STOP, t_s=t_s)) for t_s in (0.5, 1.5))
    cleared = Event(1.9, EventKind.CLEARED, ClearedEvent(STOP, Clearance.OPERATOR))
    stopped = replace(run, events=(*run.events, *stops, cleared))
    text = words(stopped)
    assert "✓ Session completed" in text
    assert "stopped 2 times; an operator cleared" in text
    assert text.index("Why it stopped, 1 of 2") < text.index("0.500 s") < text.index("Why it stopped, 2 of 2")


def test_events_are_marked_by_letter_whatever_their_kind(tmp_path: Path, synthetic: Synthetic) -> None:
    run = record(tmp_path, synthetic)
    plain = event_marks(run)
    fault = Event(0.75, EventKind.FAULT, FaultEvent("patient_jerk", 20.0))
    strange = Event(
        0.25,
        cast(EventKind, "louder_please"),
        cast(FaultEvent, Strange("left_shoulder", float("nan"), 1.5, False, Mode.PARK, STOP)),
    )
    marks = event_marks(replace(run, events=(*run.events, fault, strange)))
    assert plain == ()
    assert [(mark.letter, mark.t_s) for mark in marks] == [("a", 0.25), ("b", 0.75)]
    assert (marks[0].kind, marks[0].text) == (
        "louder please",
        "left shoulder, seconds 1.5, not taken, park, "
        "pad force, press <force>, value 31, allowed 30, N, look at the person",
    )
    assert marks[1].text == "patient jerk, 20 mm"
    text = force_section(replace(run, events=(*run.events, fault, strange)))
    assert "a: 0.25 s" in text
    assert "louder please: left shoulder, seconds 1.5, not taken" in text


def test_the_data_of_an_event_is_a_sentence(tmp_path: Path, synthetic: Synthetic) -> None:
    stop = replace(STOP, value=0.00199999, allowed=0.0015, unit="s")
    asked = StopReason(Cause.OPERATOR, "request to stop", 1.0, 0.0, "requests", 3.0, "run again")
    events = (
        Event(0.1, EventKind.FAULT, FaultEvent("sensor_unplugged", 0.0)),
        Event(0.11, EventKind.FAULT, FaultEvent("encoder_nan", 4.0)),
        Event(0.12, EventKind.FAULT, FaultEvent("speed_zero", 0.0)),
        Event(0.13, EventKind.FAULT, FaultEvent("torque_growing", -5.0, 3)),
        Event(0.14, EventKind.FAULT, FaultEvent("speed_scaled", 0.5, 0)),
        Event(0.15, EventKind.FAULT, FaultEvent("fault_of_tomorrow", 0.5)),
        Event(0.2, EventKind.STOP, stop),
        Event(0.3, EventKind.STOP, asked),
        Event(0.4, EventKind.REQUEST, RequestEvent(Request.HURTS_HERE, Clearance.OPERATOR, True, "20 % of the force")),
        Event(0.5, EventKind.REQUEST, RequestEvent(Request.CLEAR, Clearance.OPERATOR, False, "nothing is stopped")),
        Event(0.6, EventKind.CLEARED, ClearedEvent(stop, Clearance.OPERATOR)),
    )
    run = record(tmp_path, synthetic)
    assert [mark.text for mark in event_marks(replace(run, events=(*run.events, *events)))] == [
        "sensor unplugged",
        "encoder nan, joint 4",
        "speed zero, all joints",
        "torque growing, -5 Nm, joint 3",
        "speed scaled, 0.5 of the true speed, all joints",
        "fault of tomorrow, 0.5",
        "pad force: press <force> 0.002 s, allowed 0.0015 s; look at the person",
        "operator: request to stop; run again",
        "hurts here, by operator: 20 % of the force",
        "clear, by operator: refused, nothing is stopped",
        "the stop (pad force) by operator",
    ]


def test_numbers_of_a_stop_differ_and_an_operator_has_none(tmp_path: Path, synthetic: Synthetic) -> None:
    run = record(tmp_path, synthetic)
    close = replace(run, events=(*run.events, Event(0.5, EventKind.STOP, replace(STOP, value=0.00199, allowed=0.0015))))
    text = words(close)
    assert "0.00199 N" in text
    assert "0.0015 N" in text
    asked = StopReason(Cause.OPERATOR, "request to stop", 1.0, 0.0, "requests", 0.5, "run again")
    assert "1 requests" not in words(replace(run, events=(*run.events, Event(0.5, EventKind.STOP, asked))))


def test_no_number_is_a_negative_zero() -> None:
    assert number(-0.004, "J", 1) == "0.0 J"
    assert number(-0.06, "J", 1) == "-0.1 J"


def test_a_refused_plan_has_a_report(tmp_path: Path, synthetic: Synthetic) -> None:
    error = PlanError("left circles", "x 0.1 m", "48 N", "at most 45 N", "lower the force")
    empty = RunData(tmp_path, synthetic.config, no_steps(), (), (), True)
    text = render_report(empty, refused(synthetic.config, error), None)
    assert "✕ Plan refused" in text
    assert "48 N" in text


def test_mean_pressure_is_force_over_the_plan_area_of_the_cap(tmp_path: Path, synthetic: Synthetic) -> None:
    steps = record(tmp_path, synthetic).steps
    steps = replace(steps, depth_m=np.full_like(steps.depth_m, 0.006), press_true_n=np.full_like(steps.depth_m, 20.0))
    radius_squared = 0.018**2 - 0.012**2
    pads = CONFIG.pads
    assert mean_pressure_pa(steps, pads) == pytest.approx(20.0 / (np.pi * radius_squared))
    shallow = replace(steps, depth_m=np.full_like(steps.depth_m, 0.0005))
    assert not np.any(mean_pressure_pa(shallow, pads))


def test_each_pad_has_the_mean_pressure_of_its_own_radius_and_none_without_the_truth(
    tmp_path: Path, synthetic: Synthetic
) -> None:
    steps = record(tmp_path, synthetic).steps
    depth, force = np.full((steps.count, 2), 0.006), np.tile([20.0, 10.0], (steps.count, 1))
    pads = tuple(PadDescription(f"{r}", r, (0.0, 0.0, 0.0)) for r in (0.018, 0.03))
    pressure = mean_pressure_pa(replace(steps, depth_m=depth, press_true_n=force), pads)
    areas = [np.pi * (r**2 - (r - 0.006) ** 2) for r in (0.018, 0.03)]
    assert pressure == pytest.approx(force / np.array(areas))
    blind = replace(steps, depth_m=np.zeros((steps.count, 0)), press_true_n=np.zeros((steps.count, 0)))
    assert mean_pressure_pa(blind, pads).shape == (steps.count, 0)


def test_a_thinned_line_keeps_its_peaks() -> None:
    t = np.arange(100_000) * 1e-3
    values = np.sin(t)
    values[54_321], values[77_777] = 9.0, -9.0
    thin_t, thin = envelope(t, values, 500)
    assert len(thin_t) <= 500
    assert np.all(np.diff(thin_t) > 0.0)
    assert (thin.max(), thin.min()) == (9.0, -9.0)


def test_the_timeline_names_each_stretch(tmp_path: Path, synthetic: Synthetic) -> None:
    rows = read_timeline(record(tmp_path, synthetic).path)
    assert [row.phase for row in rows] == ["transfer", "approach", "approach", "work", "lift"] * 2
    work = rows[3]
    assert (work.begin_s, work.end_s, work.stroke, work.what) == (0.3, 0.899, "left circles", "work")
    assert work.mean_press_n == pytest.approx(20.0)
    assert "left circles" in timeline_lines(rows)[4]


def test_warnings_stand_before_the_numbers_and_are_counted_in_the_verdict(tmp_path: Path, synthetic: Synthetic) -> None:
    run = record(tmp_path, synthetic)
    told = ("skin friction, stroke 'a <b>': 0.80; assumed at most 0.39", "record: 7 steps dropped; assumed 0")
    for count, verdict in ((0, "Session completed</h1>"), (1, ", with 1 warning</h1>"), (2, ", with 2 warnings</h1>")):
        summary = summarise(run).model_copy(update={"warnings": told[:count]})
        text = render_report(replace(run, steps=no_steps(), loop=()), summary, None)
        assert verdict in text
        assert ("<h2>Warnings" in text) is (count > 0)
        assert 'class="verdict good"' in text
    body = text[text.index("<body>") :]
    assert body.index("<h1>") < body.index("<h2>Warnings") < body.index("force error, RMS")
    assert "skin friction, stroke &#x27;a &lt;b&gt;&#x27;</td><td>0.80; assumed at most 0.39" in text

"""The report: one file that loads nothing, says the verdict first and survives every kind of run."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from controller.errors import PlanError
from controller.types import Cause, Limited, StepRecord, StopReason
from tests.synthetic import CONFIG, Synthetic, step
from workbench.columns import ColumnBuilder
from workbench.figures.pressure import Relief, mean_pressure_pa
from workbench.figures.style import envelope
from workbench.messages import RunConfig
from workbench.reader import RunData, read_run
from workbench.recorder import McapRecorder
from workbench.report import render_report
from workbench.summary import refused, summarise
from workbench.timeline import read_timeline, timeline_lines

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


@pytest.fixture(scope="module")
def plain_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return page(tmp_path_factory.mktemp("run"), Synthetic(CONFIG, step))


def test_nothing_is_loaded_from_anywhere(plain_page: str) -> None:
    text = plain_page
    assert "http" not in text
    assert "<script" not in text
    assert "<link" not in text
    assert all(source.startswith("data:image/png;base64,") for source in re.findall(r'(?:href|src)="([^#"]+)"', text))
    assert len(text) < 4_000_000


def test_the_verdict_comes_first_in_words(plain_page: str) -> None:
    text = plain_page
    body = text[text.index("<body>") :]
    assert body.index("✓ Session completed") < body.index("Press force") < body.index("Loop timing")
    assert 'class="verdict good"' in text
    for title in ("Strokes", "Force error", "On the body", "Joint torques", "What was limited"):
        assert f"<h2>{title}" in text
    assert text.count("<svg") == 5


def test_a_sample_over_the_limit_turns_a_completed_run_bad(tmp_path: Path, synthetic: Synthetic) -> None:
    text = page(tmp_path, synthetic, lambda at, step: synthetic.pressed(step, 46.0) if at == 500 else step)
    assert 'class="verdict bad"' in text
    assert "1 samples OVER a hard limit" in text


def test_a_stop_is_explained_and_escaped(tmp_path: Path, synthetic: Synthetic) -> None:
    text = page(tmp_path, synthetic, lambda at, step: synthetic.stopped(step, STOP) if at >= 1700 else step)
    assert "✕ Session stopped" in text
    assert "Why it stopped" in text
    assert "press &lt;force&gt;" in text
    assert "press <force>" not in text
    assert "31.000 N" in text


def test_names_from_files_are_escaped(tmp_path: Path, synthetic: Synthetic) -> None:
    config = replace(synthetic.config, body="<img src=x>").hashed()
    assert "<img" not in page(tmp_path, synthetic, config=config)


def test_what_was_limited_is_drawn(tmp_path: Path, synthetic: Synthetic) -> None:
    limit = Limited(Cause.PRESS_LIMIT, 30.0, 23.0, "N")
    text = page(tmp_path, synthetic, lambda at, step: synthetic.limited(step, limit) if 400 <= at < 500 else step)
    assert "press limit (5.0 %)" in text


def test_a_run_without_truth_still_has_a_report(tmp_path: Path, synthetic: Synthetic) -> None:
    text = page(tmp_path, synthetic, lambda _, step: replace(step, truth=()))
    assert "On the body" not in text
    assert "Joint torques" in text


def test_a_refused_plan_has_a_report(tmp_path: Path, synthetic: Synthetic) -> None:
    error = PlanError("left circles", "x 0.1 m", "48 N", "at most 45 N", "lower the force")
    empty = RunData(tmp_path, synthetic.config, ColumnBuilder().finish(), (), (), True)
    text = render_report(empty, refused(synthetic.config, error), None)
    assert "✕ Plan refused" in text
    assert "48 N" in text


def test_mean_pressure_is_force_over_the_plan_area_of_the_cap(tmp_path: Path, synthetic: Synthetic) -> None:
    steps = record(tmp_path, synthetic).steps
    steps = replace(steps, depth_m=np.full_like(steps.depth_m, 0.006), press_true_n=np.full_like(steps.depth_m, 20.0))
    radius_squared = 0.018**2 - 0.012**2
    assert mean_pressure_pa(steps, 0.018) == pytest.approx(20.0 / (np.pi * radius_squared))
    shallow = replace(steps, depth_m=np.full_like(steps.depth_m, 0.0005))
    assert not np.any(mean_pressure_pa(shallow, 0.018))


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

"""Contacts of links and the seconds after a session: in record, memory and summary."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from controller.types import OtherContact, Touched, Truth
from tests.synthetic import CONFIG, Synthetic
from workbench.record.memory import RunMemory
from workbench.record.other_truth import AfterSample, ContactSample, OtherTruthBuilder
from workbench.record.reader import RunData, read_run
from workbench.record.recorder import McapRecorder
from workbench.record.summary import summarise
from workbench.report.report import render_report

DT_S = 0.001


def touch(force_n: float, link: str = "link5", touches: Touched = Touched.SKIN) -> OtherContact:
    return OtherContact(link, touches, (0.0, 0.6 * force_n, 0.8 * force_n), (0.1, 0.2, 0.3))


def steady(force_n: float, periods: int, begin_s: float = 0.0, **where: object) -> OtherTruthBuilder:
    found = OtherTruthBuilder()
    for k in range(periods):
        found.touch(ContactSample(begin_s + k * DT_S, (touch(force_n, **where),)))  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(("periods", "mean_n"), [(0, 0.0), (1, 0.2), (50, 10.0), (100, 20.0), (300, 20.0)])
def test_mean_counts_the_time_without_contact_as_zero(periods: int, mean_n: float) -> None:
    found = steady(20.0, periods).finish()
    assert found.mean_n(DT_S) == pytest.approx(mean_n)
    assert found.transient_n() == pytest.approx(20.0 if periods else 0.0)


def test_forces_of_different_links_and_things_are_not_added() -> None:
    found = OtherTruthBuilder()
    for k in range(100):
        contacts = (touch(10.0), touch(12.0, "link4"), touch(11.0, "link5", Touched.TABLE))
        found.touch(ContactSample(k * DT_S, contacts))
    assert found.finish().mean_n(DT_S) == pytest.approx(12.0)


def test_two_touches_far_apart_are_no_longer_touch() -> None:
    found = steady(20.0, 40)
    for k in range(40):
        found.touch(ContactSample(0.5 + k * DT_S, (touch(20.0),)))
    assert found.finish().mean_n(DT_S) == pytest.approx(8.0)


def test_nan_after_the_end_counts_as_over(synthetic: Synthetic) -> None:
    (truth,) = synthetic.step(0).truth
    found = OtherTruthBuilder()
    for press_n in (0.0, truth.limit_n, truth.limit_n + 0.1, math.nan):
        found.after(AfterSample(3.0, (replace(truth, press_n=press_n),)))
    assert found.finish().over_limit_samples() == 2


def _after(synthetic: Synthetic, press_n: float) -> tuple[Truth, ...]:
    return (replace(synthetic.step(0).truth[0], press_n=press_n),)


def _recorded(synthetic: Synthetic, path: Path) -> tuple[RunData, RunData]:
    """Return a run with a touch of a link and 2,000 periods after its end, from its record and from memory."""
    memory = RunMemory(path, CONFIG)
    with McapRecorder(path, synthetic.config, lossless=True) as recorder:
        memory.follow(recorder)
        for step in synthetic.steps():
            memory.on_step(step)
            recorder.write(step)
            if 1.0 <= step.t_s < 1.2:
                recorder.touch(step.t_s, (touch(7.0),))
        end_s = step.t_s
        for k in range(2000):
            recorder.after(end_s + (k + 1) * DT_S, _after(synthetic, 46.0 if k < 3 else math.nan if k == 3 else 0.5))
    return read_run(path), memory.data()


def test_summary_counts_what_happens_after_the_end(tmp_path: Path, synthetic: Synthetic) -> None:
    for run in _recorded(synthetic, tmp_path / "record.mcap"):
        summary = summarise(run)
        bare = summarise(replace(run, other=OtherTruthBuilder().finish()))
        assert summary.over_limit_samples == bare.over_limit_samples + 4
        assert bare.peak_force_n is not None
        assert bare.peak_force_n < 46.0
        assert summary.peak_other_contact_n == pytest.approx(7.0)
        assert summary.peak_other_transient_n == pytest.approx(7.0)
        assert (bare.peak_other_contact_n, bare.peak_other_transient_n) == (0.0, 0.0)
        assert summary.duration_s == bare.duration_s
        assert summary.force_rmse_n == bare.force_rmse_n


def test_peak_force_counts_after_the_end(tmp_path: Path, synthetic: Synthetic) -> None:
    path = tmp_path / "record.mcap"
    with McapRecorder(path, synthetic.config, lossless=True) as recorder:
        recorder.write(synthetic.step(0))
        recorder.after(0.002, _after(synthetic, 41.5))
    assert summarise(read_run(path)).peak_force_n == pytest.approx(41.5)


def test_window_of_a_record_leaves_the_rest_out(tmp_path: Path, synthetic: Synthetic) -> None:
    _recorded(synthetic, tmp_path / "record.mcap")
    part = read_run(tmp_path / "record.mcap", (1.1, 1.15)).other
    assert part.touch_s.min() >= 1.1
    assert part.touch_s.max() <= 1.15
    assert part.after_s.size == 0


def test_run_without_a_truth_says_nothing_of_contacts(tmp_path: Path, synthetic: Synthetic) -> None:
    path = tmp_path / "record.mcap"
    with McapRecorder(path, synthetic.config, lossless=True) as recorder:
        recorder.write(replace(synthetic.step(0), truth=()))
    summary = summarise(read_run(path))
    assert (summary.peak_other_contact_n, summary.peak_other_transient_n) == (None, None)


def test_report_shows_both_numbers(tmp_path: Path, synthetic: Synthetic) -> None:
    run, _ = _recorded(synthetic, tmp_path / "record.mcap")
    page = render_report(run, summarise(run), None)
    assert "a link or place but the pad" in page
    assert "7.0 N" in page

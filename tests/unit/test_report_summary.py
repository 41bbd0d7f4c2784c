"""The numbers of a run against numbers worked out by hand."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from controller.errors import PlanError
from controller.types import Cause, Limited, StepRecord, StopReason
from tests.synthetic import Synthetic
from workbench.record.messages import EventKind
from workbench.record.reader import RunData, read_run
from workbench.record.recorder import McapRecorder
from workbench.record.summary import Summary, refused, summarise

KEYS = {
    "verdict", "stop", "program", "body", "tissue", "arm", "gains", "seed", "plant", "config_sha256", "duration_s",
    "segments",
    "force_rmse_n", "force_p95_abs_error_n", "peak_force_n", "hard_limit_n", "over_limit_samples", "worst_case_bound_n",
    "peak_other_contact_n", "peak_other_transient_n",
    "person_bound_n", "tissue_work_j", "net_energy_from_tool_j", "realtime_factor", "tick_us", "overruns",
    "recorder_drops", "peak_rss_mb", "stops", "warnings",
}  # fmt: skip
OWN_KEYS = {
    "air_check",
    "run_id",
    "braked_bound_n",
    "message",
    "truth",
    "normal_angle_mean_deg",
    "path_rmse_mm",
    "landing_peak_n",
    "keep_out_samples",
    "peak_keep_out_n",
}
SEGMENT_KEYS = {
    "name", "technique", "region", "force_target_n", "force_rmse_n", "force_p95_abs_error_n", "peak_force_n",
    "path_rmse_mm", "normal_angle_mean_deg", "contact_fraction", "limited_fraction",
}  # fmt: skip
STOP = StopReason(Cause.PAD_FORCE, "press force of the stroke", 31.0, 30.0, "N", 1.7, "look at the person")


Change = Callable[[int, StepRecord], StepRecord]


def unchanged(_: int, step: StepRecord) -> StepRecord:
    return step


class Make(Protocol):
    def __call__(self, change: Change = unchanged) -> RunData: ...


@pytest.fixture
def recorded(tmp_path: Path, synthetic: Synthetic) -> Make:
    def make(change: Change = unchanged) -> RunData:
        path = tmp_path / "record.mcap"
        with McapRecorder(path, synthetic.config, lossless=True) as recorder:
            for index, step in enumerate(synthetic.steps()):
                recorder.write(change(index, step))
        return read_run(path)

    return make


def test_numbers_of_a_completed_run(recorded: Make, synthetic: Synthetic) -> None:
    summary = summarise(recorded())
    assert summary.verdict == "completed"
    assert summary.stop is None
    assert summary.force_rmse_n == pytest.approx(0.5)
    assert summary.force_p95_abs_error_n == pytest.approx(0.5)
    assert summary.normal_angle_mean_deg == pytest.approx(3.0, abs=1e-4)
    assert summary.path_rmse_mm == pytest.approx(1.0)
    assert summary.landing_peak_n == 20.5
    assert summary.peak_force_n == 20.5
    assert summary.hard_limit_n == 45.0
    assert summary.over_limit_samples == 0
    assert summary.duration_s == pytest.approx(1.999)
    assert summary.tissue_work_j == pytest.approx(1.999)
    assert summary.net_energy_from_tool_j == pytest.approx(0.9995)
    assert (summary.worst_case_bound_n, summary.person_bound_n) == (31.5, 38.25)
    assert summary.config_sha256 == synthetic.config.config_sha256
    assert summary.realtime_factor > 0.0


def test_force_is_judged_by_the_truth_and_not_by_the_senses(recorded: Make) -> None:
    def wrong_sense(_: int, step: StepRecord) -> StepRecord:
        return replace(step, pads=(replace(step.pads[0], press_n=99.0),))

    assert summarise(recorded(wrong_sense)).force_rmse_n == pytest.approx(0.5)


def test_keys_are_exactly_those_of_the_interface(recorded: Make) -> None:
    data = summarise(recorded()).model_dump()
    assert set(data) == KEYS | OWN_KEYS
    assert set(data["segments"][0]) == SEGMENT_KEYS
    assert set(data["tick_us"]) == {"p50", "p99", "p999", "max"}


def test_each_stroke_has_its_own_numbers(recorded: Make, synthetic: Synthetic) -> None:
    def change(index: int, step: StepRecord) -> StepRecord:
        if 1300 <= index < 1900:
            x, y, z = step.p_wt
            angle = math.radians(3.0)
            moved = (x + 0.002 * math.cos(angle), y, z - 0.002 * math.sin(angle))
            step = replace(step, plan_error_m=0.7, truth=(replace(step.truth[0], p_wt=moved),))
            step = synthetic.pressed(step, 22.0 if index < 1330 else 20.0)
        if 1300 <= index < 1360:
            step = synthetic.limited(step, Limited(Cause.PRESS_LIMIT, 30.0, 23.0, "N"))
        if 1360 <= index < 1390:
            step = synthetic.pressed(step, 0.0)
        return step

    left, right = summarise(recorded(change)).segments
    assert left.force_rmse_n == pytest.approx(0.5)
    assert (left.path_rmse_mm, right.path_rmse_mm) == (pytest.approx(1.0), pytest.approx(2.0))
    assert right.force_rmse_n == pytest.approx(math.sqrt((30 * 2.0**2 + 30 * 20.0**2) / 600))
    assert right.peak_force_n == 22.0
    assert (left.contact_fraction, right.contact_fraction) == (1.0, pytest.approx(0.95))
    assert (left.limited_fraction, right.limited_fraction) == (0.0, pytest.approx(0.1))


@pytest.mark.parametrize("index", [10, 290, 600, 950])
def test_over_the_limit_counts_in_every_phase(recorded: Make, synthetic: Synthetic, index: int) -> None:
    summary = summarise(recorded(lambda at, step: synthetic.pressed(step, 45.001) if at == index else step))
    assert summary.over_limit_samples == 1
    assert summary.peak_force_n == pytest.approx(45.001, rel=6e-8)


def test_exactly_the_limit_is_not_over_and_nan_is(recorded: Make, synthetic: Synthetic) -> None:
    def change(index: int, step: StepRecord) -> StepRecord:
        return synthetic.pressed(step, {500: 45.0, 501: math.nan}.get(index, 20.0))

    assert summarise(recorded(change)).over_limit_samples == 1


def test_landing_peak_is_that_of_the_first_150_ms_of_each_approach(recorded: Make, synthetic: Synthetic) -> None:
    def change(index: int, step: StepRecord) -> StepRecord:
        in_contact = index in range(250, 900) or index in range(1250, 1900)
        press = {1300: 7.5, 1401: 30.0}.get(index, 2.0) if in_contact else 0.0
        return synthetic.pressed(step, press)

    assert summarise(recorded(change)).landing_peak_n == 7.5


def test_the_smallest_limit_met_in_contact(recorded: Make) -> None:
    def change(index: int, step: StepRecord) -> StepRecord:
        limit = 15.0 if index == 50 else 30.0 if index == 700 else 45.0
        return replace(step, truth=(replace(step.truth[0], limit_n=limit),))

    assert summarise(recorded(change)).hard_limit_n == 30.0


def test_a_stop_is_told_with_its_numbers(recorded: Make, synthetic: Synthetic) -> None:
    summary = summarise(recorded(lambda at, step: synthetic.stopped(step, STOP) if at >= 1700 else step))
    assert summary.verdict == "stopped"
    assert summary.stop.model_dump() == {
        "cause": "pad_force",
        "limit": "press force of the stroke",
        "value": 31.0,
        "allowed": 30.0,
        "unit": "N",
        "t_s": 1.7,
        "next_step": "look at the person",
    }
    assert "pad_force" in summary.message


def test_a_record_that_was_cut_off_is_a_stopped_run(recorded: Make) -> None:
    run = recorded()
    cut = replace(
        run, is_complete=False, events=tuple(event for event in run.events if event.kind is EventKind.CONTACT)
    )
    summary = summarise(cut)
    assert summary.verdict == "stopped"
    assert summary.stop.cause == "record_cut_off"
    assert "1.999 s" in summary.message


def test_an_error_in_the_loop_is_a_stopped_run(tmp_path: Path, synthetic: Synthetic) -> None:
    recorder = McapRecorder(tmp_path / "record.mcap", synthetic.config, lossless=True)
    recorder.write(synthetic.step(0))
    recorder.close("ZeroDivisionError: division by zero")
    summary = summarise(read_run(tmp_path))
    assert (summary.verdict, summary.stop.cause) == ("stopped", "internal_error")
    assert summary.message == "ZeroDivisionError: division by zero"


def test_a_refused_plan_has_a_summary_too(synthetic: Synthetic) -> None:
    error = PlanError("left circles", "x 0.1 m", "48 N", "at most 45 N", "lower the force")
    summary = refused(synthetic.config, error)
    assert summary.verdict == "refused"
    assert summary.stop.cause == "plan_refused"
    assert "48 N" in summary.message
    assert set(summary.model_dump()) == KEYS | OWN_KEYS
    assert Summary.model_validate_json(summary.model_dump_json()) == summary


def test_equal_configurations_have_equal_hashes_whatever_the_versions(synthetic: Synthetic) -> None:
    config = synthetic.config
    assert config.hashed().config_sha256 == config.config_sha256
    assert replace(config, seed=2).hashed().config_sha256 != config.config_sha256
    assert len(config.config_sha256) == 64


def test_a_run_without_a_truth_is_judged_by_the_senses_and_says_so(recorded: Make, synthetic: Synthetic) -> None:
    """The path error of the synthetic steps is 1 mm, their sensed force is the true one; here it reads 0.25 N more."""

    def sensed(_: int, step: StepRecord) -> StepRecord:
        (pad,) = step.pads
        more = 0.25 if pad.press_n > 0.0 else 0.4
        return replace(step, truth=(), pads=(replace(pad, press_n=pad.press_n + more),))

    summary, true = summarise(recorded(sensed)), summarise(recorded())
    assert (summary.truth, true.truth) == (False, True)
    assert json.loads(summary.model_dump_json())["truth"] is False
    assert summary.force_rmse_n == pytest.approx(math.hypot(0.5, 0.25))
    assert summary.peak_force_n == pytest.approx(true.peak_force_n + 0.25)
    assert summary.landing_peak_n == pytest.approx(true.landing_peak_n + 0.25)
    assert summary.path_rmse_mm == pytest.approx(1.0)
    assert summary.normal_angle_mean_deg is None
    assert summary.tissue_work_j is None
    assert summary.hard_limit_n == min(segment.ceiling_n for segment in synthetic.config.segments)
    assert summary.over_limit_samples == 0
    assert len(summary.segments) == len(synthetic.config.segments)
    for mine, other in zip(summary.segments, true.segments, strict=True):
        assert mine.force_rmse_n == pytest.approx(math.hypot(0.5, 0.25))
        assert mine.contact_fraction == other.contact_fraction
        assert mine.normal_angle_mean_deg is None


@pytest.mark.parametrize(("press_n", "over"), [(44.9, 0), (45.1, 1), (math.nan, 1)])
def test_without_a_truth_a_sensed_force_over_the_ceiling_of_its_stroke_counts(
    recorded: Make, synthetic: Synthetic, press_n: float, over: int
) -> None:
    ceiling_n = synthetic.config.segments[0].ceiling_n

    def sensed(index: int, step: StepRecord) -> StepRecord:
        here = press_n * ceiling_n / 45.0 if index == 700 else 5.0
        return replace(step, truth=(), pads=(replace(step.pads[0], press_n=here),))

    assert summarise(recorded(sensed)).over_limit_samples == over

"""The acceptance campaign: its grid, its judgement, its pages; one real session, and a trial that fails."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import pytest

from workbench.campaigns import acceptance as campaign
from workbench.campaigns.acceptance import (
    ANY,
    DISPLACED,
    ELEMENTS,
    EXACT,
    EXACT_FAST,
    TYPICAL,
    TYPICAL_ELEMENTS,
    Trial,
    misses,
    requests,
    run_campaign,
    table,
    targets_for,
    without_repeats,
)
from workbench.campaigns.acceptance_report import markdown
from workbench.record.summary import Summary
from workbench.runs.request import SessionRequest

REQUEST = SessionRequest("first_session", "median_f", "law", "servo7", "standard", 0.0, 1)


def _summary(**changes: object) -> Summary:
    values: dict[str, object] = {
        "verdict": "completed",
        "message": "",
        "stop": None,
        "program": "p",
        "body": "b",
        "tissue": "law",
        "arm": "servo7",
        "gains": "standard",
        "seed": 1,
        "config_sha256": "0",
        "duration_s": 100.0,
        "segments": (),
        "force_rmse_n": 0.2,
        "force_p95_abs_error_n": 0.4,
        "normal_angle_mean_deg": 2.0,
        "path_rmse_mm": 0.2,
        "landing_peak_n": 3.0,
        "peak_force_n": 20.0,
        "worst_case_bound_n": 35.0,
    }
    values.update(changes)
    return Summary.model_validate(values)


def test_a_good_session_misses_nothing() -> None:
    assert misses(_summary(), EXACT) == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"verdict": "stopped"}, "stopped"),
        ({"over_limit_samples": 1}, "1 samples over the limit"),
        ({"peak_force_n": 35.1}, "over the bound"),
        ({"worst_case_bound_n": None}, "over the bound"),
        ({"force_rmse_n": 0.51}, "force_rmse_n 0.51 over 0.5"),
        ({"force_rmse_n": None}, "force_rmse_n None"),
        ({"force_p95_abs_error_n": 1.1}, "force_p95"),
        ({"normal_angle_mean_deg": 5.1}, "normal_angle"),
        ({"path_rmse_mm": 1.6}, "path_rmse"),
        ({"landing_peak_n": 6.1}, "landing_peak"),
    ],
)
def test_every_target_is_held(changes: dict[str, object], words: str) -> None:
    found = misses(_summary(**changes), EXACT)
    assert len(found) == 1
    assert words in found[0]


def test_a_wrong_skin_and_fast_gains_have_targets_of_their_own() -> None:
    assert targets_for(REQUEST) is EXACT
    assert targets_for(dataclasses.replace(REQUEST, gains="fast")) is EXACT_FAST
    assert targets_for(dataclasses.replace(REQUEST, surface_error_mm=3.0)) is DISPLACED
    assert targets_for(dataclasses.replace(REQUEST, plant="typical", surface_error_mm=3.0)) is TYPICAL
    on_elements = dataclasses.replace(REQUEST, tissue="fem")
    assert targets_for(on_elements) is ELEMENTS
    assert targets_for(dataclasses.replace(on_elements, plant="typical")) is TYPICAL_ELEMENTS
    assert targets_for(dataclasses.replace(on_elements, plant="poor")).may_stop
    assert targets_for(dataclasses.replace(REQUEST, plant="poor")) is ANY
    assert targets_for(dataclasses.replace(REQUEST, plant="my_plant.yaml")) is ANY
    assert misses(_summary(path_rmse_mm=3.0, force_rmse_n=0.7), DISPLACED) == ()


def test_a_plant_that_differs_more_than_usual_may_be_stopped_but_never_goes_over_a_limit() -> None:
    assert misses(_summary(force_rmse_n=0.79, path_rmse_mm=9.0, force_p95_abs_error_n=2.0), TYPICAL) == ()
    assert misses(_summary(verdict="stopped"), TYPICAL) == ("stopped",)
    assert misses(_summary(verdict="stopped", force_rmse_n=None, landing_peak_n=9.0), ANY) == ()
    assert len(misses(_summary(verdict="stopped", over_limit_samples=1), ANY)) == 1
    assert misses(_summary(verdict="refused"), ANY) == ("refused",)


def test_the_grid_is_complete_and_in_order() -> None:
    plants = requests("p", ("a", "b"), ("x",), ("standard",), (1,), (0.0,), plants=("exact", "typical"))
    assert [request.plant for request in plants] == ["exact"] * 2 + ["typical"] * 2
    grid = requests("p", ("a", "b"), ("x",), ("standard",), (1, 2, 3), (0.0, 3.0))
    assert len(grid) == len(set(grid)) == 12
    assert [request.surface_error_mm for request in grid] == [0.0] * 6 + [3.0] * 6
    both = requests("p", ("a",), ("x",), ("standard",), (1, 2), (0.0,), plants=("exact", "typical"))
    assert [(request.plant, request.seed) for request in without_repeats(both)] == [
        ("exact", 1),
        ("typical", 1),
        ("typical", 2),
    ]


def test_an_error_of_one_trial_costs_only_that_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    def fake(request: SessionRequest) -> Trial:
        if request.seed == 2:
            raise MemoryError("no room")
        return Trial(request, _summary(seed=request.seed), "", ())

    monkeypatch.setattr(campaign, "run_trial", fake)
    seen: list[tuple[int, int]] = []
    grid = requests("p", ("a",), ("x",), ("standard",), (1, 2, 3), (0.0,))
    with ThreadPoolExecutor(2) as executor:
        done = run_campaign(grid, executor, lambda a, b: seen.append((a, b)))
    assert [trial.misses for trial in done] == [(), ("the trial crashed",), ()]
    assert seen == [(1, 3), (2, 3), (3, 3)]
    lines = table(done)
    assert "MemoryError: no room" in lines[2]
    page = markdown(done, "massage-arm campaign acceptance")
    assert "3 sessions, 2 reached every target" in page
    assert (
        "| x | standard | exact | exact | 0.20 (0.5) | 0.40 (1) | 2.00 (5) | 0.20 (1.5) | 3.00 (6) | 0 | 20.0 / 35.0 |"
        in page
    )


def test_what_the_product_refuses_is_a_result() -> None:
    trial = campaign.run_trial(dataclasses.replace(REQUEST, body="nobody"))
    assert trial.summary is None
    assert "unknown name" in trial.error
    assert trial.misses == ("no result",)

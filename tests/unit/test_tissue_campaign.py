"""The judgement of the tissue campaign, its tables, its page and its pictures."""

import dataclasses
import math
from pathlib import Path

import pytest

from workbench.campaigns.runner import Outcome
from workbench.campaigns.tissue.campaign import Comparison, Pair, compared, mesh_lines, pair_lines
from workbench.campaigns.tissue.convergence import DEPTHS_M, MeshResult, Slide, mesh_tasks
from workbench.campaigns.tissue.convergence_report import convergence_lines
from workbench.campaigns.tissue.presses import PressResult, PressTask
from workbench.campaigns.tissue.sessions import SessionTask, StrokePart, TierRun
from workbench.commands import tissue_campaigns
from workbench.docs_pictures.table_sources import Table
from workbench.figures.convergence import convergence_curves
from workbench.figures.tissue import tier_depths

PHASE = StrokePart(10.0, 20.0, 21.0, 0.2, 0.2)


def _pair(**changes: float) -> Pair:
    law = TierRun("law", 20.0, PHASE, PHASE, 2.0)
    return Pair("median_f", "shoulder", law, TierRun("fem", 20.0, PHASE, dataclasses.replace(PHASE, **changes), 0.3))


def test_tiers_that_are_alike_pass() -> None:
    assert _pair().misses() == ()
    assert _pair(depth_mm=11.49, mean_n=20.39, peak_n=24.1, rms_n=9.0, friction=0.9).is_passed


@pytest.mark.parametrize(
    ("changes", "miss"),
    [
        ({"depth_mm": 11.51}, "depth slid"),
        ({"depth_mm": 8.49}, "depth slid"),
        ({"mean_n": 20.41}, "mean slid"),
        ({"mean_n": 19.59}, "mean slid"),
        ({"peak_n": 24.16}, "peak slid"),
        ({"peak_n": 17.8}, "peak slid"),
        ({"depth_mm": math.nan}, "depth slid"),
        ({"mean_n": math.nan}, "mean slid"),
        ({"peak_n": math.nan}, "peak slid"),
    ],
)
def test_tiers_that_part_are_found_out(changes: dict[str, float], miss: str) -> None:
    assert _pair(**changes).misses() == (miss,)
    assert any("FAILED" in line for line in pair_lines([_pair(**changes)]))


def test_a_stroke_that_stopped_is_a_miss() -> None:
    pair = _pair()
    stopped = dataclasses.replace(pair, fem=TierRun("fem", 20.0, None, None, 0.0, "stopped: pad_force"))
    assert stopped.misses() == ("fem: stopped: pad_force",)
    assert "stopped: pad_force  FAILED" in "\n".join(pair_lines([stopped]))


def _comparison(fem: TierRun | None = None) -> Comparison:
    press = PressResult(PressTask("median_f", "shoulder", 0.018), 24.0, 484, (6.0, 9.0, 14.0), (6.1, 9.5, 15.0))
    pair = _pair()
    runs = (pair.law, fem or pair.fem)
    return compared(
        [
            Outcome(SessionTask("median_f", "shoulder", (20.0,)), runs, ""),
            Outcome(press.task, press, ""),
        ]
    )


def test_outcomes_become_pairs_presses_and_failures() -> None:
    good = _comparison()
    assert good.is_passed
    assert (good.pairs, len(good.presses)) == ((_pair(),), 1)
    assert good.meshes == (("recommended", _pair()),)
    dead = compared([Outcome(SessionTask("median_f", "shoulder", (20.0,)), None, "killed by signal 11 (SIGSEGV)")])
    assert not dead.is_passed
    assert dead.failures == ("median_f shoulder: killed by signal 11 (SIGSEGV)",)
    assert not compared([]).is_passed, "nothing compared is nothing shown"


def test_other_meshes_are_told_and_not_judged() -> None:
    good, far = _comparison(), _pair(depth_mm=99.0)
    coarse = Outcome(SessionTask("median_f", "shoulder", (20.0,), mesh="coarse"), (far.law, far.fem), "")
    usual = Outcome(SessionTask("median_f", "shoulder", (20.0,)), (good.pairs[0].law, good.pairs[0].fem), "")
    both = compared([usual, coarse])
    assert both.is_passed
    assert [mesh for mesh, _ in both.meshes] == ["recommended", "coarse"]
    rows = mesh_lines(both)
    assert [row.split()[:2] for row in rows[1:]] == [["law", "2.00"], ["recommended", "0.30"], ["coarse", "0.30"]]
    assert mesh_lines(compared([])) == []


def test_a_press_that_parts_fails_the_campaign() -> None:
    good = _comparison()
    deep = dataclasses.replace(good.presses[0], fem_mm=(6.1, 9.5, 15.91))
    assert not dataclasses.replace(good, presses=(deep,)).is_passed


def _results() -> list[MeshResult]:
    tasks = mesh_tasks(0.018)
    forces = tuple(100.0 * depth_m / DEPTHS_M[0] for depth_m in DEPTHS_M)
    shares = tuple(0.8 * force_n for force_n in forces)
    return [
        MeshResult(task, 484, 1800, forces, 0.01, shares, Slide(12.0, 0.5, 0.2) if task.is_slid else None,
                   (8.0, 12.0, 18.0) if task.is_fitted else (), (8.1, 12.1, 18.1) if task.is_fitted else (), 2.2)
        for task in tasks
    ]  # fmt: skip


def test_meshes_and_steps_are_three_or_more_each() -> None:
    tasks = mesh_tasks(0.018)
    assert len({task.settings.fine_m for task in tasks if task.dt_s == 1e-3}) >= 3
    assert {task.dt_s for task in tasks} == {2.5e-4, 5e-4, 1e-3, 2e-3}


def test_tables_say_what_was_found() -> None:
    text = "\n".join(convergence_lines(_results()))
    assert "0.80" in text
    assert "8.1 / 8.0" in text
    assert text.count(" ms ") >= 3


def test_pages_carry_their_picture(tmp_path: Path) -> None:
    page = tmp_path / "tissue.md"
    done = _comparison()
    tissue_campaigns.write_page(
        page, Table.TISSUE, "Words.", ["row"], "tiers.png", tier_depths(done.presses, done.pairs)
    )
    assert "![Tissue](campaigns/tiers.png)" in page.read_text(encoding="utf-8")
    assert (tmp_path / "campaigns" / "tiers.png").stat().st_size > 5000
    figure = convergence_curves(_results())
    assert len(figure.axes) == 3
    assert [len(axes.lines) for axes in figure.axes] == [6, 4, 7]

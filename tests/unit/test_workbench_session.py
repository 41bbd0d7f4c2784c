"""What `massage-arm run` leaves behind, with a made-up session in the place of the simulation."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from controller.errors import PlanError, RecordError
from controller.types import Cause, ContactState, Limited, StepRecord, StopReason
from tests.synthetic import CONFIG, Synthetic
from workbench import cli
from workbench.commands import run_files, session
from workbench.record.memory import RunMemory
from workbench.record.recorder import McapRecorder
from workbench.runs.prepare import Refusal

STOP = StopReason(Cause.OPERATOR, "stop requests", 1.0, 0.0, "requests", 0.5, "run again when ready")
Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch


def made_up(monkeypatch: Patch, simulate: Callable[..., None]) -> None:
    named = SimpleNamespace(program=SimpleNamespace(name="p"), body=SimpleNamespace(name="b"))
    named.arm = SimpleNamespace(name="a", notes=())
    monkeypatch.setattr(session, "load_inputs", lambda _: named)
    monkeypatch.setattr(session, "prepare", lambda _: SimpleNamespace(config=CONFIG))
    monkeypatch.setattr(session, "SIMULATION", session.Stand("loading", lambda _: None, simulate))
    monkeypatch.setattr(run_files, "load_relief", lambda _: None)


def recording(synthetic: Synthetic, *, stop_at: int = 10**9, fail: Exception | None = None) -> Callable[..., None]:
    def simulate(
        _: object, folder: Path, on_progress: Callable[[float, float], None], *, memory: RunMemory, **_others: object
    ) -> None:
        summary = json.loads((folder / "summary.json").read_text())
        assert summary["verdict"] == "stopped"
        assert "still running, or killed" in summary["message"]
        with McapRecorder(folder / "record.mcap", CONFIG, lossless=True) as recorder:
            memory.follow(recorder)
            for index in range(1000):
                step = synthetic.step(index)
                step = synthetic.stopped(step, STOP) if index >= stop_at else step
                memory.on_step(step)
                recorder.write(step)
            if fail is not None:
                raise fail
        on_progress(1.0, 1.0)

    return simulate


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_completed_run_is_exit_code_0_and_json_is_alone_on_stdout(
    tmp_path: Path, synthetic: Synthetic, monkeypatch: Patch, capsys: Capture
) -> None:
    made_up(monkeypatch, recording(synthetic))
    assert cli.main(["run", "--out", str(tmp_path), "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == json.loads((tmp_path / "summary.json").read_text())
    assert json.loads(captured.out)["verdict"] == "completed"
    assert "\x1b" not in captured.err
    assert files(tmp_path) == ["record.mcap", "report.html", "summary.json"]


def test_a_run_in_the_place_of_an_older_one(
    tmp_path: Path, synthetic: Synthetic, monkeypatch: Patch, capsys: Capture
) -> None:
    made_up(monkeypatch, recording(synthetic))
    assert cli.main(["run", "--out", str(tmp_path)]) == 0
    before = (tmp_path / "record.mcap").read_bytes()
    assert cli.main(["run", "--out", str(tmp_path)]) == 2
    assert "which holds a run" in capsys.readouterr().err
    assert (tmp_path / "record.mcap").read_bytes() == before
    assert cli.main(["run", "--out", str(tmp_path), "--overwrite"]) == 0
    assert "peak force      20.5 N" in capsys.readouterr().out


def test_a_completed_run_with_warnings_says_so_in_its_verdict_and_lists_them(
    tmp_path: Path, synthetic: Synthetic, monkeypatch: Patch, capsys: Capture
) -> None:
    """Every stroke leans on one side by 10 degrees for the law, and the command is lowered half of the time."""

    def leaning(index: int) -> StepRecord:
        step = synthetic.step(index)
        if index % 2 and step.contact is ContactState.WORK:
            step = synthetic.limited(step, Limited(Cause.PRESS_LIMIT, 25.0, 23.0, "N"))
        normal = (math.sin(math.radians(10.0)), 0.0, math.cos(math.radians(10.0)))
        return replace(step, pads=(replace(step.pads[0], normal_w=normal),))

    made_up(monkeypatch, recording(replace(synthetic, step=leaning)))
    assert cli.main(["run", "--out", str(tmp_path)]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith("completed, with 2 warnings: ")
    told = [line.removeprefix("warning         ") for line in shown if line.startswith("warning ")]
    assert [line.split(",")[0] for line in told] == ["skin normal", "limited commands"]
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (summary["verdict"], summary["warnings"]) == ("completed", told)
    assert cli.main(["explain", str(tmp_path)]) == 0
    explained = capsys.readouterr().out.splitlines()
    assert explained == [
        "the run was completed, with 2 warnings; nothing stopped it", *(f"warning:   {line}" for line in told)
    ]  # fmt: skip


def test_a_stop_is_exit_code_4_with_everything_written(
    tmp_path: Path, synthetic: Synthetic, monkeypatch: Patch, capsys: Capture
) -> None:
    made_up(monkeypatch, recording(synthetic, stop_at=500))
    assert cli.main(["run", "--out", str(tmp_path), "--json"]) == 4
    captured = capsys.readouterr()
    assert json.loads(captured.out)["stop"]["cause"] == "operator"
    assert "stopped by the operator at 0.500 s" in captured.err
    assert files(tmp_path) == ["record.mcap", "report.html", "summary.json"]


def test_a_stop_before_any_work_shows_no_empty_figures(
    tmp_path: Path, synthetic: Synthetic, monkeypatch: Patch, capsys: Capture
) -> None:
    made_up(monkeypatch, recording(synthetic, stop_at=10))
    assert cli.main(["run", "--out", str(tmp_path)]) == 4
    shown = capsys.readouterr().out
    assert "stopped: " in shown
    assert "peak force " in shown
    assert "force error" not in shown
    assert "normal angle" not in shown


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (RecordError("record.mcap", "No space left on device", "free disk space"), 2, "No space left on device"),
        (ZeroDivisionError("division by zero"), 1, "internal error, ZeroDivisionError: division by zero"),
    ],
)
def test_a_run_broken_off_leaves_a_summary_that_says_so(
    tmp_path: Path,
    synthetic: Synthetic,
    monkeypatch: Patch,
    capsys: Capture,
    error: Exception,
    code: int,
    words: str,
) -> None:
    monkeypatch.delenv(cli.DEBUG_VARIABLE, raising=False)
    made_up(monkeypatch, recording(synthetic, fail=error))
    assert cli.main(["run", "--out", str(tmp_path)]) == code
    assert words in capsys.readouterr().err.splitlines()[-1]
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["verdict"] == "stopped"
    assert summary["message"] == str(error)
    assert (tmp_path / "report.html").exists()


def test_a_refused_plan_is_exit_code_3_with_a_summary(tmp_path: Path, monkeypatch: Patch, capsys: Capture) -> None:
    def refuse(_: object) -> None:
        raise Refusal(PlanError("left circles", "x 0.1 m", "48 N", "at most 45 N", "lower the force"), CONFIG)

    made_up(monkeypatch, lambda *_: None)
    monkeypatch.setattr(session, "prepare", refuse)
    assert cli.main(["run", "--out", str(tmp_path), "--json"]) == 3
    captured = capsys.readouterr()
    assert json.loads(captured.out)["verdict"] == "refused"
    assert cli.main(["explain", str(tmp_path)]) == 0
    explained = capsys.readouterr().out
    assert "the plan was refused, nothing moved" in explained
    assert "left circles" in explained
    assert "do next:   lower the force" in explained
    assert "stroke 'left circles' at x 0.1 m: got 48 N" in captured.err
    assert files(tmp_path) == ["report.html", "summary.json"]


def test_the_default_folder_is_dated(tmp_path: Path, synthetic: Synthetic, monkeypatch: Patch) -> None:
    made_up(monkeypatch, recording(synthetic))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["run"]) == 0
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.startswith(f"{datetime.now().astimezone():%Y}")
    assert folder.name.endswith("first_session-median_f")

"""The command line: exit codes, one-line errors, commands that look back."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import tomllib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement

from controller.types import Cause, StopReason
from tests.synthetic import Synthetic
from workbench import cli, doctor
from workbench.record.recorder import McapRecorder
from workbench.runs.signals import stop_on_signals

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch
STOP = StopReason(Cause.PAD_FORCE, "press force of the stroke", 31.0, 30.0, "N", 1.7, "look at the person")


@pytest.fixture
def run_folder(tmp_path: Path, synthetic: Synthetic) -> Path:
    with McapRecorder(tmp_path / "record.mcap", synthetic.config, lossless=True) as recorder:
        for index, step in enumerate(synthetic.steps()):
            recorder.write(synthetic.stopped(step, STOP) if index >= 1700 else step)
    return tmp_path


def test_a_rig_whose_bus_is_not_there_is_refused_in_one_line_before_anything_is_planned(capsys: Capture) -> None:
    assert cli.main(["drive", "--rig", "dynamixel_p"]) == 5
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "massage-arm: servo bus /dev/massage-arm-bus: no such device; plug the cable in, switch the supply on, and "
        "start again\n"
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", ["command: got none", "run, check, report"]),
        ("dance", ["got 'dance'", "run, check, report"]),
        ("run --fo", ["got '--fo'", "--surface-error"]),
        ("run --seed", ["--seed: got no value", "--seed N"]),
        ("run --json=3", ["--json: got a value, '3'", "allowed: no value"]),
        ("run --seed -1", ["--seed: got '-1'", "from 0 to 4294967295"]),
        ("run --seed 1.5", ["--seed: got '1.5'", "a whole number"]),
        ("run --surface-error nan", ["--surface-error: got 'nan'", "from 0 to 20 mm"]),
        ("run --surface-error much", ["--surface-error: got 'much'"]),
        ("run --tissue jelly", ["--tissue: got 'jelly'", "allowed: law or fem"]),
        ("run --tissue fem --fault tissue_stiff@2", ["--fault: got 'tissue_stiff'", "--tissue fem", "--tissue law"]),
        ("run --fault gremlin@2", ["--fault: got 'gremlin'", "sensor_zero, sensor_frozen"]),
        ("run --gains hard", ["--gains: got 'hard'", "robust, standard, fast"]),
        ("run --arm octopus", ["'octopus'", "servo7, panda"]),
        ("run --body nobody", ["'nobody'", "median_f"]),
        ("run --program nap", ["'nap'", "first_session"]),
        ("check --program nap", ["'nap'", "first_session"]),
        ("report", ["RUN: got none", "report [-h] [--json] RUN"]),
        ("report nowhere", ["nowhere: no such record"]),
        ("explain nowhere", ["nowhere: no such record"]),
        ("explain nowhere --table", ["RUN: got nowhere with --table", "leave one of them out"]),
        (
            "drill nap",
            ["NAME: got 'nap'", "allowed: host-killed, host-stopped, supervisor-killed, memory-corrupt, upsets"],
        ),
        ("campaign tissue --seeds 2", ["--seeds: got a value for campaign tissue", "campaign acceptance or faults"]),
        ("campaign convergence --bodies slim_f", ["--bodies: got a value for campaign convergence"]),
        ("drive", ["--rig: got none", "[--rehearse]"]),
        (
            "drive --rig dynamixel_y",
            ["--rig: got 'dynamixel_y'", "dynamixel_p, dynamixel_x", "did you mean dynamixel_"],
        ),
        ("drive --rig dynamixel_p --plant poor", ["--plant: got poor", "with --rehearse only"]),
        ("bench --repeat 0", ["--repeat: got '0'", "from 1 to 20"]),
        ("body median_f --out picture.txt", ["--out: got picture.txt", ".png"]),
    ],
)
def test_wrong_arguments_are_one_line_and_exit_code_2(capsys: Capture, line: str, words: list[str]) -> None:
    assert cli.main(line.split()) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("massage-arm: ")
    assert all(word in captured.err for word in words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--out", ""], "got '', which is empty"),
        (["run", "--out="], "got '--out=', which is empty"),
        (["campaign", "faults", "--tissue", ""], "got '', which is empty"),
        (["check", "--body", "\udcff"], "got '\\udcff'; allowed: UTF-8 text"),
        (["report", "a\x1b[31mb"], "a\\x1b[31mb: no such record"),
        (["explain", "a\nb"], "a b: no such record"),
        (["run", "--events", "/dev/zero"], "no regular file"),
        (["campaign", "faults", "--from", "/dev/zero"], "--from: got /dev/zero"),
        (["campaign", "acceptance", "--bodies", "nobody"], "'nobody'"),
        (["campaign", "acceptance", "--arms", "octopus"], "'octopus'"),
        (["campaign", "acceptance", "--gains", "hard"], "'hard'"),
        (["campaign", "acceptance", "--program", "nap"], "'nap'"),
    ],
)
def test_arguments_that_name_nothing_or_steer_a_terminal(capsys: Capture, arguments: list[str], words: str) -> None:
    assert cli.main(arguments) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.strip().isprintable()
    assert words in error


@pytest.mark.parametrize("module", ["massage_arm", "workbench", "workbench.cli"])
def test_the_program_runs_as_a_module_too(module: str) -> None:
    done = subprocess.run([sys.executable, "-m", module, "dance"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "command: got 'dance'" in done.stderr


def test_help_is_no_error(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as exit_info:
        cli.main(["run", "--help"])
    assert exit_info.value.code == 0
    assert "--surface-error" in capsys.readouterr().out


def test_an_unexpected_error_is_one_line_and_exit_code_1(capsys: Capture, monkeypatch: Patch) -> None:
    def broken(_: int) -> None:
        raise ZeroDivisionError("division\nby zero")

    monkeypatch.delenv(cli.DEBUG_VARIABLE, raising=False)
    monkeypatch.setattr(cli, "_command", lambda _: broken)
    assert cli.main(["list"]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "internal error, ZeroDivisionError: division by zero" in error
    monkeypatch.setenv(cli.DEBUG_VARIABLE, "1")
    with pytest.raises(ZeroDivisionError):
        cli.main(["list"])


def test_an_interruption_before_anything_moves_is_exit_code_4(capsys: Capture, monkeypatch: Patch) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_command", lambda _: interrupted)
    assert cli.main(["list"]) == 4
    assert "stopped by the operator" in capsys.readouterr().err


def test_list_names_everything(capsys: Capture) -> None:
    assert cli.main(["list", "--json"]) == 0
    names = json.loads(capsys.readouterr().out)
    assert set(names) == {"programs", "bodies", "arms", "gains"}
    assert "median_f" in names["bodies"]
    assert names["gains"] == ["robust", "standard", "fast"]


def test_report_writes_page_and_summary(run_folder: Path, capsys: Capture) -> None:
    assert cli.main(["report", str(run_folder), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((run_folder / "summary.json").read_text())
    assert printed["stop"]["cause"] == "pad_force"
    assert (run_folder / "report.html").read_text().startswith("<!doctype html>")


def test_explain_says_why_and_draws_it(run_folder: Path, capsys: Capture) -> None:
    assert cli.main(["explain", str(run_folder)]) == 0
    text = capsys.readouterr().out
    assert "stopped at 1.700 s: pad force" in text
    assert "31 N, allowed 30 N" in text
    assert "look at the person" in text
    assert (run_folder / "explain.png").read_bytes().startswith(b"\x89PNG")


def test_explain_lists_the_stops_that_were_cleared(run_folder: Path, capsys: Capture) -> None:
    assert cli.main(["report", str(run_folder)]) == 0
    summary = run_folder / "summary.json"
    found = json.loads(summary.read_text())
    summary.write_text(json.dumps(found | {"verdict": "completed", "stops": [found["stop"]], "stop": None}))
    capsys.readouterr()
    assert cli.main(["explain", str(run_folder)]) == 0
    text = capsys.readouterr().out
    assert "completed; these stops were cleared" in text
    assert "1.700 s: pad force, " in text
    assert cli.main(["explain", "--json", str(run_folder)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["stop"] is None
    assert [stop["cause"] for stop in answer["stops"]] == ["pad_force"]


def test_explain_answers_from_the_summary_of_the_same_run_alone(run_folder: Path, capsys: Capture) -> None:
    assert cli.main(["report", str(run_folder)]) == 0
    summary = run_folder / "summary.json"
    text = summary.read_text().replace("look at the person", "read from the summary")
    summary.write_text(text)
    assert cli.main(["explain", str(run_folder)]) == 0
    assert "read from the summary" in capsys.readouterr().out
    run_id = json.loads(text)["run_id"]
    summary.write_text(text.replace(run_id, run_id[::-1]))
    assert cli.main(["explain", str(run_folder)]) == 0
    assert "look at the person" in capsys.readouterr().out, "the summary is of another run: the record answers"


@pytest.mark.parametrize(("options", "expected"), [([], b"\\u80cc"), (["--json"], "背".encode())])
def test_names_of_any_script_pass_where_the_locale_cannot_show_them(
    tmp_path: Path, synthetic: Synthetic, options: list[str], expected: bytes
) -> None:
    stroke = replace(synthetic.config.segments[0], name="Rücken 背中")
    config = replace(synthetic.config, segments=(stroke, *synthetic.config.segments[1:]))
    with McapRecorder(tmp_path / "record.mcap", config, lossless=True) as recorder:
        for index in range(5):
            recorder.write(synthetic.step(index))
    command = [sys.executable, "-m", "massage_arm", "replay", str(tmp_path), *options]
    environment = os.environ | {"PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(command, capture_output=True, check=True, env=environment)
    assert expected in done.stdout


def test_replay_prints_the_stretches(run_folder: Path, capsys: Capture) -> None:
    assert cli.main(["replay", str(run_folder / "record.mcap")]) == 0
    assert "unload" in capsys.readouterr().out


def test_signals_ask_for_a_stop_each_time_and_are_given_back() -> None:
    asked = []
    before = signal.getsignal(signal.SIGINT)
    with stop_on_signals(asked.append):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    assert asked == [Cause.OPERATOR] * 3
    assert signal.getsignal(signal.SIGINT) is before


def test_signals_are_left_alone_in_other_threads() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def work() -> None:
        with stop_on_signals(seen.append):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]


def test_doctor_finds_nothing_failing_here() -> None:
    failing = [finding for finding in doctor.examine() if finding.level is doctor.Level.FAIL]
    assert failing == []


def test_doctor_imports_every_package_that_the_project_file_asks_for(monkeypatch: Patch) -> None:
    """By the project file: an environment knows the packages of the day on which it was set up."""
    monkeypatch.setattr(doctor, "_bullet", lambda: iter(()))
    project = tomllib.loads((Path(doctor.__file__).parents[1] / "pyproject.toml").read_text())["project"]
    asked = {Requirement(text).name.lower() for text in project["dependencies"]}
    found = {finding.name.lower(): finding.level for finding in doctor.examine()}
    assert asked - set(found) == set(), "the environment is older than the project file: run `make setup`"
    assert {name for name in asked if found[name] is not doctor.Level.OK} == set()


@pytest.mark.parametrize(
    ("free", "folder", "part"),
    [
        (4096, ".", "0.0 MB free in .; free 1 MB of ."),
        (10**9, "missing", "missing: No such file or directory; make it"),
    ],
)
def test_doctor_tells_of_shared_memory_that_is_full_or_missing(
    free: int, folder: str, part: str, monkeypatch: Patch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor, "SHARED_MEMORY", Path(folder))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    monkeypatch.setattr(doctor, "_bullet", lambda: iter(()))
    (found,) = [finding for finding in doctor.examine() if finding.name == "shared memory"]
    assert found.level is doctor.Level.FAIL
    assert part in doctor.finding_line(found)


def test_doctor_tells_a_package_of_another_project(monkeypatch: Patch, capsys: Capture) -> None:
    monkeypatch.setattr(doctor, "PACKAGES", ("json",))
    monkeypatch.setattr(doctor, "_bullet", lambda: iter(()))
    assert cli.main(["doctor"]) == 2
    assert "fail  package json" in capsys.readouterr().out


def test_a_check_of_the_doctor_that_breaks_is_a_finding(monkeypatch: Patch) -> None:
    def _disk() -> None:
        raise OSError("no disk at all")
        yield

    monkeypatch.setattr(doctor, "_disk", _disk)
    monkeypatch.setattr(doctor, "_bullet", lambda: iter(()))
    broken = [finding for finding in doctor.examine() if finding.name == "disk"]
    assert broken[0].level is doctor.Level.FAIL
    assert "no disk at all" in broken[0].found

"""The false-alarm campaign: what it goes through, a real short session, one that is stopped, one that dies."""

import dataclasses
import os
import signal
from pathlib import Path

import pytest

from controller import session_parts
from controller.safety.limits import GateLimits
from controller.safety.supervision import SupervisorLimits
from tests.fault_campaign_cases import Inline
from workbench import cli
from workbench.campaigns import alarms as alarm_campaign
from workbench.campaigns.alarms import Ending, Watched, alarm_lines, alarm_requests, run_alarms, watch
from workbench.commands import fault_campaigns
from workbench.runs.request import SessionRequest

Patch = pytest.MonkeyPatch
PROGRAM = """
schema_version: 1
name: short
strokes:
  - {name: short, technique: paraspinal_circles, side: right, lower: T12, upper: T3, creep_m_s: 0.06, force_n: 18.0}
"""


@pytest.fixture
def request_(tmp_path: Path) -> SessionRequest:
    (tmp_path / "short.yaml").write_text(PROGRAM)
    return SessionRequest(str(tmp_path / "short.yaml"), "median_f", "law", "servo7", "standard", 0.0, 1)


def test_a_fault_free_session_is_completed(request_: SessionRequest) -> None:
    assert watch(request_) == Watched(request_, Ending.COMPLETED)


def test_a_session_that_the_supervisor_stops_is_an_alarm(request_: SessionRequest, monkeypatch: Patch) -> None:
    wise = session_parts.supervisor_limits

    def nervous(limits: GateLimits) -> SupervisorLimits:
        return dataclasses.replace(wise(limits), tool_n=1.0)

    monkeypatch.setattr(session_parts, "supervisor_limits", nervous)
    watched = watch(request_)
    assert (watched.ending, watched.cause) == (Ending.STOPPED, "tool_force")
    assert not watched.is_passed


def test_a_session_that_dies_or_is_refused_is_told(request_: SessionRequest, monkeypatch: Patch) -> None:
    monkeypatch.setattr(alarm_campaign, "_session", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    assert "killed by signal 9" in watch(request_).words
    wild = Path(request_.program).with_name("wild.yaml")
    wild.write_text("kp: 10\nki_per_s: 100\nkd_s: 0\nd0_ns_per_m: 0\n")
    assert watch(dataclasses.replace(request_, gains=str(wild))).ending is Ending.REFUSED
    Path(request_.program).write_text(PROGRAM.replace("18.0", "34.0").replace("short", "hard"))
    alarm_campaign._prepared.cache_clear()
    assert watch(request_).ending is Ending.REFUSED
    assert watch(dataclasses.replace(request_, body="nobody")).ending is Ending.DIED


def test_requests_go_through_everything_with_a_seed_each() -> None:
    requests = alarm_requests(200, ("p", "q", "r"), tuple("abcdefgh"), ("s", "t"), ("robust", "standard", "fast"))
    assert len(set(requests)) == 200
    assert [request.seed for request in requests] == list(range(1, 201))
    combinations = {dataclasses.replace(request, seed=0) for request in requests}
    assert len(combinations) == 8 * 3 * 2 * 3
    first = requests[:24]
    for name, many in (("program", 3), ("body", 8), ("arm", 2), ("gains", 3)):
        assert len({getattr(request, name) for request in first}) == many
    assert {request.seed for request in alarm_requests(5, "p", "a", "s", ("fast",), (7, 8))} == {7, 8}


def test_the_executor_that_is_given_does_all_the_work(monkeypatch: Patch) -> None:
    def fake(request: SessionRequest) -> Watched:
        if request.seed == 2:
            raise MemoryError("no room")
        if request.seed == 3:
            return Watched(request, Ending.STOPPED, "energy", "halvings of the gain got 4")
        return Watched(request, Ending.COMPLETED)

    monkeypatch.setattr(alarm_campaign, "watch", fake)
    requests, executor, seen = alarm_requests(4, "p", "a", "s", ("fast",)), Inline(), []
    said: list[str] = []
    done = run_alarms(requests, executor, lambda a, b: seen.append((a, b)), said.append)
    assert sorted(line.split(":")[0] for line in said) == ["died", "stopped"]
    assert len(executor.submitted) == 4
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [one.ending for one in done] == [Ending.COMPLETED, Ending.DIED, Ending.STOPPED, Ending.COMPLETED]
    lines = alarm_lines(done)
    assert lines[0].split() == ["energy", "1", "sessions"]
    assert any("MemoryError: no room" in line for line in lines)
    assert lines[-1] == "4 fault-free sessions: 2 completed, 1 stopped, 0 refused, 1 died"


def test_every_session_has_the_plant_that_its_seed_draws(request_: SessionRequest, monkeypatch: Patch) -> None:
    seen = []
    monkeypatch.setattr(alarm_campaign, "_session", lambda prepared, parts, request, options: seen.append(options))
    monkeypatch.setattr(alarm_campaign, "in_child", lambda work, _: work())
    monkeypatch.setattr(alarm_campaign._WATCHED, "dump_json", lambda _: None, raising=False)
    for seed, plant in ((1, "exact"), (1, "typical"), (2, "typical")):
        with pytest.raises(AttributeError):
            watch(dataclasses.replace(request_, seed=seed, plant=plant))
    exact, first, second = (options.differences for options in seen)
    assert exact.is_exact
    assert (first.name, second.name) == ("typical", "typical")
    assert first != second
    assert {one.plant for one in alarm_requests(4, "p", "a", "s", ("fast",), (), ("exact", "poor"))} == {
        "exact",
        "poor",
    }


def test_a_plant_that_nothing_has_is_refused_before_anything_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("alarms", "acceptance", "faults"):
        assert cli.main(["campaign", name, "--plant", "strange"]) == 2
        assert "strange" in capsys.readouterr().err


@pytest.mark.parametrize(("ending", "code"), [(Ending.COMPLETED, 0), (Ending.STOPPED, 4), (Ending.DIED, 4)])
def test_the_exit_code_says_whether_any_was_stopped(
    monkeypatch: Patch, capsys: pytest.CaptureFixture[str], ending: Ending, code: int
) -> None:
    (one,) = alarm_requests(1, "p", "a", "s", ("fast",))
    monkeypatch.setattr(fault_campaigns, "on_processes", lambda *_: (Watched(one, ending),))
    assert cli.main(["campaign", "alarms", "--count", "1"]) == code
    assert f"1 {ending}" in capsys.readouterr().out

"""Events files: what they may hold, one clear line for what they may not, and the way back from a record."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.errors import ConfigError
from controller.observers import RequestEvent
from controller.operator import Asked, Request, TimedRequest
from controller.types import Clearance
from workbench import cli
from workbench.record.messages import Event, EventKind
from workbench.runs.events_file import events_text, load_events, recorded_requests


def written(folder: Path, text: str) -> Path:
    path = folder / "events.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_request_may_be_asked_for(tmp_path: Path) -> None:
    text = "[" + ", ".join(f"{{t_s: {k}.5, request: {name}}}" for k, name in enumerate(Request)) + "]"
    assert load_events(written(tmp_path, text)) == tuple(
        TimedRequest(k + 0.5, Asked(name)) for k, name in enumerate(Request)
    )
    assert {name.value for name in Request} == {
        "pause", "resume", "skip", "softer", "firmer", "slower", "faster", "hurts_here", "stop", "clear",
    }  # fmt: skip
    assert load_events(written(tmp_path, "[]")) == ()
    assert load_events(written(tmp_path, "- t_s: 12\n  request: softer\n"))[0].t_s == 12.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "an empty file"),
        ("t_s: 1.0", "a dict"),
        ("[{t_s: 1.0}]", "entry 1, request: got nothing"),
        ("[{t_s: 1.0, request: softer}, {t_s: 2.0, request: sofer}]", "entry 2, request: .*did you mean softer"),
        ("[{t_s: 1.0, request: 3}]", "entry 1, request: got 3"),
        ("[{t_s: -1.0, request: stop}]", "entry 1, t_s: got -1.0; allowed: a number from 0 to 3600 s"),
        ("[{t_s: .nan, request: stop}]", "entry 1, t_s: got nan"),
        ("[{t_s: 10000, request: stop}]", "entry 1, t_s"),
        ("[{t_s: true, request: stop}]", "entry 1, t_s: got True"),
        ("[{t_s: '1.0', request: stop}]", "entry 1, t_s: got '1.0'"),
        ("[{t_s: 1.0, request: stop, amount: 2}]", "entry 1, amount: got an unknown key"),
        ("[stop]", "entry 1: got 'stop'"),
        ("[{t_s: 1.0, request: stop, request: clear}]", "twice"),
        ("[{t_s: 1.0", "no YAML"),
    ],
)
def test_anything_else_is_refused_with_the_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        load_events(written(tmp_path, text))
    assert "\n" not in str(caught.value)
    assert "events.yaml" in str(caught.value)


def test_run_and_check_refuse_a_wrong_or_missing_file_before_anything_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = written(tmp_path, "[{t_s: 1.0, request: sofer}]")
    out = tmp_path / "run"
    for command in (["check"], ["run", "--out", str(out)]):
        assert cli.main([*command, "--events", str(wrong)]) == 2
        assert "did you mean softer" in capsys.readouterr().err
        assert cli.main([*command, "--events", str(tmp_path / "none.yaml")]) == 2
        assert "--events" in capsys.readouterr().err
    assert not out.exists()
    for path in (tmp_path, written(tmp_path, "#" * 200_001)):
        with pytest.raises(ConfigError):
            load_events(path)


def test_the_requests_of_a_record_make_the_file_that_repeats_it(tmp_path: Path) -> None:
    times, asked = [0.0, 0.1 + 0.2, 12.000000000000002], (Request.SOFTER, Request.SKIP, Request.STOP)
    events = [
        Event(t_s, EventKind.REQUEST, RequestEvent(request, Clearance.OPERATOR, is_taken, "text"))
        for t_s, request, is_taken in zip(times, asked, (True, False, True), strict=True)
    ]
    timed = recorded_requests(events)
    assert [one.t_s for one in timed] == times
    assert load_events(written(tmp_path, events_text(timed))) == timed
    assert load_events(written(tmp_path, events_text(()))) == ()

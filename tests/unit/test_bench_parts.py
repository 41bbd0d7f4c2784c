"""The bench takes its parts in turns, throws warm-up away, and compares medians of one run only."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.errors import ConfigError
from workbench.bench import peer_process
from workbench.bench.growth import Growth
from workbench.bench.loop import CONTROLLER, ENGINE, PINOCCHIO, TICK
from workbench.bench.page import lines, page, this_machine
from workbench.bench.peer_process import Peer, PeerProcess
from workbench.bench.report import ratios
from workbench.bench.timing import Timed, calls, in_turns, timed


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=50))
def test_quantiles_are_those_of_the_times(times_ns: list[int]) -> None:
    found = timed("x", np.array(times_ns, dtype=np.int64))
    assert found.count == len(times_ns)
    assert found.p50_us == pytest.approx(np.median(times_ns) * 1e-3)
    assert found.p10_us <= found.p50_us <= found.p99_us <= found.p999_us <= max(times_ns) * 1e-3 * (1.0 + 1e-12)


def test_blocks_have_turns_and_the_first_turn_does_not_count() -> None:
    order: list[str] = []
    rounds: list[tuple[int, int]] = []
    blocks = {name: calls(name, lambda name=name: order.append(name)) for name in "ab"}
    found = in_turns(blocks, 3, 2, lambda done, whole: rounds.append((done, whole)))
    assert "".join(order) == "aabb" * 4
    assert rounds == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert {name: one.count for name, one in found.items()} == {"a": 6, "b": 6}


def _parts() -> dict[str, Timed]:
    medians = {CONTROLLER: 40.0, PINOCCHIO: 10.0, TICK: 60.0, ENGINE: 20.0}
    return {name: Timed(name, 1, us, us, us, us) for name, us in medians.items()}


def test_ratios_are_of_medians_and_of_what_was_measured() -> None:
    found = {one.name: one.value for one in ratios(_parts())}
    assert found == {f"{CONTROLLER} / {PINOCCHIO}": 4.0, f"{TICK} / {ENGINE}": 3.0}
    beside = {**_parts(), "robosuite 1.5.1 OSC": Timed("robosuite 1.5.1 OSC", 1, 320.0, 320.0, 320.0, 320.0)}
    assert ratios(beside)[-1].value == 8.0


def test_the_page_shows_every_part_and_ratio_and_leaves_out_what_was_not_measured() -> None:
    text = page(lines(this_machine(), _parts(), ratios(_parts()), Growth()), "massage-arm bench")
    assert text.startswith("# Speed")
    assert f"| {CONTROLLER} | 40.0 |" in text
    assert f"| {TICK} / {ENGINE} | 3.00 | at most 2.5 |" in text
    assert "mesh" not in text
    assert "workers" not in text


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of scripts that this Python runs, with the file that real peers answer by."""
    real = peer_process.SCRIPTS / "answer.py"
    (tmp_path / "answer.py").write_text(real.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(peer_process, "SCRIPTS", tmp_path)
    monkeypatch.setattr(peer_process, "environment", lambda _packages: Path(sys.executable))
    return tmp_path


def test_a_peer_times_its_own_calls_and_may_talk_before_it_is_ready(scripts: Path) -> None:
    (scripts / "own.py").write_text("print('banner')\nfrom answer import answer\nanswer(lambda: sum(range(1000)))\n")
    with PeerProcess(Peer("own", (), "own.py"), ()) as peer:
        (times,) = peer.block(30).values()
        assert len(times) == 30
        assert times.min() > 500
        peer.close()
        with pytest.raises(ConfigError, match="--no-peers"):
            peer.block(1)


def test_a_peer_that_does_not_start_says_why_in_one_line(scripts: Path) -> None:
    (scripts / "own.py").write_text("import no_such_package_of_anybody\n")
    with pytest.raises(ConfigError) as caught:
        PeerProcess(Peer("own", (), "own.py"), ())
    assert "no_such_package_of_anybody" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_environment_that_cannot_be_made_is_refused_and_made_anew_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    asked: list[list[str]] = []

    def install(command: list[str], **_: object) -> None:
        asked.append([str(word) for word in command])
        if len(asked) == 1:
            raise subprocess.CalledProcessError(1, command, stderr="WARNING: x\nERROR: no such version")

    monkeypatch.setattr(subprocess, "run", install)
    monkeypatch.setattr(
        peer_process.venv, "create", lambda folder, **_: Path(folder).mkdir(parents=True, exist_ok=True)
    )
    with pytest.raises(ConfigError, match="no such version"):
        peer_process.environment(["one==1"])
    python = peer_process.environment(["one==1"])
    assert len(asked) == 2
    assert asked[1][-1] == "one==1"
    assert peer_process.environment(["one==1"]) == python
    assert len(asked) == 2

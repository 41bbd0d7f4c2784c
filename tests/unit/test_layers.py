"""What `make layers` takes out and the table of layers in docs/hazards.md are the same, and a missing layer is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.layers.kit import owner_of
from tests.layers.layers import LAYERS
from tests.layers.page import HEAD, PAGE, read_layers
from tests.layers.take_out import Outcome, main, run_tests

TEXT = PAGE.read_text(encoding="utf-8")
TANK = "tests/unit/test_tank.py::"
BOUND_TEST = f"{TANK}test_the_gate_spends_on_what_is_pressed_beyond_the_target_and_takes_its_room_away"


def test_every_layer_has_a_row_and_every_row_a_layer() -> None:
    assert list(read_layers(TEXT)) == list(LAYERS)


def test_no_row_names_a_test_of_a_campaign_or_twice() -> None:
    for name, row in read_layers(TEXT).items():
        assert len(set(row.tests)) == len(row.tests), name
        for test in row.tests:
            file, _, function = test.partition("::")
            text = (PAGE.parents[1] / file).read_text(encoding="utf-8")
            assert not function or f"@pytest.mark.campaign\ndef {function}(" not in text, test


@pytest.mark.parametrize(
    "rows",
    [
        "| L3-tank | no ticks | `tests/unit/test_tank.py` |",
        "| `L3-tank` | no test | none |",
        "| `L3-tank` | twice | `tests/a.py` |\n| `L3-tank` | twice | `tests/a.py` |",
    ],
)
def test_a_row_that_cannot_be_read_is_refused(rows: str) -> None:
    with pytest.raises(ValueError, match="allowed"):
        read_layers(f"{HEAD}\n| --- | --- | --- |\n{rows}\n\nrest")


def test_a_page_without_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="no table of layers"):
        read_layers("# Hazards\n")


def test_a_target_that_is_not_there_is_an_error() -> None:
    with pytest.raises(AttributeError):
        owner_of("controller.safety.tank:Tanks.advance_no_more")


def test_a_test_that_needs_a_layer_fails_without_it_and_another_one_does_not() -> None:
    assert run_tests([BOUND_TEST], "L3-tank") == Outcome(failed=1)
    assert run_tests([f"{TANK}test_it_refills_slowly_by_itself"], "L3-tank") == Outcome(passed=1)


def test_a_test_that_does_not_exist_is_not_judged() -> None:
    found = run_tests([f"{TANK}test_nothing_of_that_name"], "L3-tank")
    assert found.verdict(may_raise=False).startswith("NOT JUDGED: pytest ended with 4")


@pytest.mark.parametrize(
    ("outcome", "may_raise", "verdict"),
    [
        (Outcome(passed=3, failed=1), False, "shown"),
        (Outcome(passed=3), False, "NOT SHOWN: no test fails without it"),
        (Outcome(passed=3, raised=1), False, "NOT SHOWN: no test fails without it, only errors"),
        (Outcome(raised=1), True, "shown"),
        (Outcome(failed=1, broken=1), True, "NOT JUDGED: 1 tests could not be set up"),
        (Outcome(failed=1, upset=1), False, "NOT JUDGED: without it a machine without a fault is stopped"),
        (Outcome(note="late"), True, "NOT JUDGED: late"),
    ],
)
def test_only_what_a_test_asserts_shows_a_layer(outcome: Outcome, may_raise: bool, verdict: str) -> None:
    assert outcome.verdict(may_raise=may_raise) == verdict


def test_a_layer_that_nobody_knows_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["L9-hope"]) == 2
    assert capsys.readouterr().err.startswith("layers: got L9-hope; allowed: ")


def test_the_programs_that_a_test_starts_are_without_the_layer_too(tmp_path: Path) -> None:
    script = tmp_path / "test_inner.py"
    script.write_text(
        "import subprocess, sys\n"
        "def test_inner():\n"
        "    code = 'from controller.safety.tank import Tanks; print(Tanks.advance.__name__)'\n"
        "    assert subprocess.check_output([sys.executable, '-c', code], text=True) == 'advance\\n'\n",
        encoding="utf-8",
    )
    options = ["-q", "-p", "no:cacheprovider", "-p", "tests.layers.plugin", "--without=L3-tank", str(script)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options], cwd=PAGE.parents[1], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "assert '<lambda>\\n'" in done.stdout

"""Gains are numbers: from a name, from a file, into the law, the margins and the record."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import orjson
import pytest
from pydantic import TypeAdapter

from controller.errors import ConfigError
from controller.law.gains import FAST, GAIN_SETS, STANDARD, ForceGains, GainSet, LawSettings
from tests.synthetic import CONFIG
from workbench import cli
from workbench.record.messages import RunConfig
from workbench.runs.gains_file import load_gains
from workbench.runs.prepare import Refusal, load_inputs, prepare
from workbench.runs.request import SessionRequest

OWN = "kp: 1.5\nki_per_s: 12\nkd_s: 0.015\nd0_ns_per_m: 40.0\n"
OWN_GAINS = ForceGains(1.5, 12.0, 0.015, 40.0)
PROGRAM = """
schema_version: 1
name: short
strokes:
  - {name: short, technique: paraspinal_circles, side: right, lower: T12, upper: T3, creep_m_s: 0.06, force_n: 18.0}
"""


def _written(folder: Path, text: str | bytes, name: str = "own.yaml") -> str:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def test_a_name_gives_the_set_and_a_file_its_numbers(tmp_path: Path) -> None:
    assert [load_gains(known.name) for known in GAIN_SETS] == list(GAIN_SETS)
    assert load_gains("standard").gains is STANDARD
    assert load_gains(_written(tmp_path, OWN)) == GainSet("own", OWN_GAINS)
    named = _written(tmp_path, OWN + "name: R\u00fccken weich\n")
    assert load_gains(named) == GainSet("R\u00fccken weich", OWN_GAINS)


def test_each_number_reaches_its_own_place_in_the_law() -> None:
    record = LawSettings().record(OWN_GAINS)
    assert [float(record[name][0]) for name in ("kp", "ki_per_s", "kd_s", "d0_ns_per_m")] == [1.5, 12.0, 0.015, 40.0]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (OWN.replace("kp: 1.5", "kp: 11"), ("kp: got 11;", "a number from 0 to 10")),
        (OWN.replace("kp: 1.5", "kp: -0.1"), ("kp: got -0.1;", "a number from 0 to 10")),
        (OWN.replace("12", "101"), ("ki_per_s: got 101;", "from 0 to 100")),
        (OWN.replace("0.015", "0.3"), ("kd_s: got 0.3;", "from 0 to 0.2")),
        (OWN.replace("40.0", "201"), ("d0_ns_per_m: got 201;", "from 0 to 200")),
        (OWN.replace("1.5", ".nan"), ("kp: got nan;", "a number from 0 to 10")),
        (OWN.replace("1.5", ".inf"), ("kp: got inf;", "a number from 0 to 10")),
        (OWN.replace("1.5", "true"), ("kp: got true;", "a number from 0 to 10")),
        (OWN.replace("1.5", "'1.5'"), ("kp: got the text '1.5';", "a number from 0 to 10")),
        (OWN.replace("1.5", ""), ("kp: got an empty value;",)),
        (OWN.replace("1.5", "[1, 2]"), ("kp: got a list of 2;",)),
        (OWN.replace("kp: 1.5\n", ""), ("kp: got nothing;", "add the key")),
        (OWN + "kp_n: 2\n", ("kp_n: got an unknown key;", "name, kp, ki_per_s, kd_s, d0_ns_per_m", "mean kp?")),
        (OWN + "kp: 2\n", ("key 'kp' twice",)),
        (OWN + "name: fast\n", ("name: got 'fast';", "another name than robust, standard, fast")),
        (OWN + 'name: "a\\tb"\n', ("name: got 'a\\tb';", "letters or digits")),
        (OWN + "name: ''\n", ("name: got '';", "a name of 1 to")),
        (OWN + "name: 3\n", ("name: got 3;", "text")),
        ("", ("got an empty file", "kp, ki_per_s, kd_s, d0_ns_per_m")),
        ("- 1\n", ("got a list", "a YAML mapping")),
        ("kp: [\n", ("no YAML",)),
        (b"\xff\xfe\x00", ("a binary file",)),
        ("#" * 10_001, ("10001 bytes", "at most 10000 bytes")),
    ],
)
def test_whatever_is_wrong_with_a_file_is_one_line(tmp_path: Path, text: str | bytes, parts: tuple[str, ...]) -> None:
    path = _written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_gains(path)
    message = str(caught.value)
    assert message.startswith(path)
    assert "\n" not in message
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("name", "part"),
    [("standart", "did you mean standard?"), ("", "robust, standard, fast, or a YAML file"), ("x" * 300, "xxx...'")],
)
def test_what_is_neither_a_set_nor_a_file_is_refused(name: str, part: str) -> None:
    with pytest.raises(ConfigError, match="--gains: got") as caught:
        load_gains(name)
    assert part in str(caught.value)


def test_a_file_named_like_a_set_is_refused_for_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="another name than robust, standard, fast"):
        load_gains(_written(tmp_path, OWN, "fast.yaml"))


def test_the_record_keeps_numbers_name_and_hash_of_the_file(tmp_path: Path) -> None:
    request = SessionRequest("first_session", "median_f", "law", "servo7", _written(tmp_path, OWN), 0.0, 1)
    config = load_inputs(request).config()
    assert (config.gains, config.force_gains) == ("own", OWN_GAINS)
    assert [source.name for source in config.sources] == ["program", "body", "arm", "gains"]
    assert TypeAdapter(RunConfig).validate_json(orjson.dumps(config)) == config
    _written(tmp_path, OWN.replace("1.5", "1.6"))
    assert load_inputs(request).config().config_sha256 != config.config_sha256

    named = load_inputs(SessionRequest("first_session", "median_f", "law", "servo7", "fast", 0.0, 1)).config()
    assert (named.gains, named.force_gains) == ("fast", FAST)
    assert "gains" not in [source.name for source in named.sources]


def test_a_record_of_an_earlier_version_has_no_numbers() -> None:
    earlier = {key: value for key, value in asdict(CONFIG).items() if key != "force_gains"}
    assert TypeAdapter(RunConfig).validate_json(orjson.dumps(earlier)).force_gains is None


def test_unstable_gains_of_a_file_are_refused_with_the_sets_that_would_do(tmp_path: Path) -> None:
    program = _written(tmp_path, PROGRAM, "short.yaml")
    gains = _written(tmp_path, "kp: 10\nki_per_s: 100\nkd_s: 0\nd0_ns_per_m: 0\nname: wild\n")
    with pytest.raises(Refusal, match="phase margin 0 deg of gains kp 10, ki 100 1/s, kd 0 s, d0 0 Ns/m") as caught:
        prepare(load_inputs(SessionRequest(program, "median_f", "law", "servo7", gains, 0.0, 1)))
    assert "use --gains robust or standard or fast" in str(caught.value)
    assert caught.value.exit_code == 3
    assert caught.value.config.gains == "wild"


def test_margins_of_gains_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = _written(tmp_path, OWN)
    assert cli.main(["gains", "--gains", "fast", own, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert list(dict.fromkeys(row["gains"] for row in rows)) == ["fast", "own"]
    keys = ["gains", "lag_ms", "stiffness_n_per_mm", "is_stable", "phase_margin_deg", "sensitivity_peak"]
    assert list(rows[0]) == keys
    assert cli.main(["gains", "--gains", own]) == 0
    text = capsys.readouterr().out
    assert "\nown:\n" in text
    assert "fast:" not in text
    (tmp_path / "other").mkdir()
    other = _written(tmp_path / "other", OWN.replace("1.5", "1.6"))
    assert cli.main(["gains", "--gains", own, other]) == 2
    assert "a second set named 'own'" in capsys.readouterr().err

"""Program files: what is accepted, and the one line for whatever is not."""

from pathlib import Path

import pytest

from controller.errors import ConfigError
from trajectories.programs.loader import load_program, program_names
from trajectories.techniques.paraspinal_circles import ParaspinalCircles
from trajectories.techniques.shoulder_kneading import ShoulderKneading

CIRCLES = "schema_version: 1\nname: a\nstrokes:\n  - name: s\n    technique: paraspinal_circles\n    side: left\n"
KNEADING = "schema_version: 1\nname: a\nstrokes:\n  - name: s\n    technique: shoulder_kneading\n    side: left\n"


def refusal(tmp_path: Path, text: str | bytes) -> str:
    path = tmp_path / "program.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ConfigError) as caught:
        load_program(str(path))
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message.removeprefix(str(path))


def test_shipped_programs_load() -> None:
    assert {"first_session", "paraspinal_only", "shoulders_only"} <= set(program_names())
    for name in program_names():
        assert load_program(name).strokes


def test_default_program_has_both_techniques_sides_directions_and_turnings() -> None:
    strokes = load_program("first_session").strokes
    circles = [stroke for stroke in strokes if isinstance(stroke, ParaspinalCircles)]
    kneading = [stroke for stroke in strokes if isinstance(stroke, ShoulderKneading)]
    for side in ("left", "right"):
        ours = [stroke for stroke in circles if stroke.side == side]
        assert {stroke.direction for stroke in ours} == {"up", "down"}
        assert {stroke.turning for stroke in ours} == {"clockwise", "counterclockwise"}
        assert any(stroke.side == side for stroke in kneading)


def test_whole_numbers_count_as_numbers(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(CIRCLES + "    rate_hz: 1\n    lower: 0\n    upper: 0.5\n")
    stroke = load_program(str(path)).strokes[0]
    assert isinstance(stroke, ParaspinalCircles)
    assert stroke.rate_hz == 1.0
    assert (stroke.lower, stroke.upper) == (0.0, 0.5)


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("radius_m: -1", ("strokes[0].radius_m", "got -1", "a number from 0.012 to 0.025")),
        ("radius_m: 0.1", ("got 0.1", "a number from 0.012 to 0.025")),
        ("radius_m: .nan", ("got nan", "a number from 0.012 to 0.025")),
        ("rate_hz: .inf", ("got inf", "a number from 0.3 to 1.5")),
        ("radius_m: '0.016'", ("got the text '0.016'", "write 0.016 without quotes")),
        ("force_n: 1e1", ("got 1e1 (YAML 1.1 reads text, YAML 1.2 reads 10.0) at line 7, column 14", "write 10,")),
        (
            "force_n: 020",
            ("got 020 (YAML 1.1 reads 16, YAML 1.2 reads 20) at line 7", "write 20, or quotes around text"),
        ),
        ("force_n: 1_0", ("got 1_0 (YAML 1.1 reads 10, YAML 1.2 reads text)", "write 10,")),
        ("force_n: 1:30", ("got 1:30 (YAML 1.1 reads 90, YAML 1.2 reads text)", "a plain decimal number")),
        ("force_n: !!float 12", ("the YAML tag 'tag:yaml.org,2002:float' at line 7, column 14",)),
        ("force: 12.0", ("strokes[0].force", "got an unknown key; allowed: one of 13 keys; did you mean force_n?")),
        ("force_n: 61", ("got 61", "a number from 5 to 60")),
        ("radius_m: yes", ("got yes (YAML 1.1 reads true, YAML 1.2 reads text)", "write true or false")),
        ("radius_m: true", ("got true", "a number from")),
        ("radius_m:", ("got an empty value", "a number from")),
        ("radius_m: [1]", ("got a list of 1;", "a number from")),
        ("\tradius_m: 0.016", ("got a tab at line 7, column 5", "spaces only; replace the tab by spaces")),
        ("direction: sideways", ("strokes[0].direction", "'sideways'", "'up' or 'down'")),
        ("side: middle", ("key 'side' twice", "line 7, column 5")),
        ("speed: 3", ("strokes[0].speed", "an unknown key", "lateral_offset_m")),
        ("lower: T8", ("strokes[0].lower", "'T8'", "L5S1, L3, T12, T9, T3, C7")),
        ("lower: .nan", ("strokes[0].lower", "got nan")),
        ("upper: 1.5", ("strokes[0].upper", "got 1.5", "from 0 (L5S1) to 1 (C7)")),
        ("lower: C7", ("strokes[0].upper", "'T3' with lower 'C7'", "a place above 'lower'")),
    ],
)
def test_bad_circle_values_name_key_value_and_what_is_allowed(
    tmp_path: Path, line: str, parts: tuple[str, ...]
) -> None:
    message = refusal(tmp_path, CIRCLES + f"    {line}\n")
    for part in parts:
        assert part in message


SPELLED_DIFFERENTLY = [
    "020",
    "-020",
    "+020",
    "016",
    "08",
    "09",
    "0777",
    "0o20",
    "0b11",
    "1_6",
    "1_6.0",
    "0x_1f",
    "0b1010_0111",
    "685_230.15",
    "1e1",
    "1.e1",
    "1.5e3",
    "1E1",
    "12e03",
    "-.5",
    "0:20.0",
    "1:30",
    "1:30:15",
    "190:20:30",
    "190:20:30.15",
    "-1:30",
    "yes",
    "Yes",
    "YES",
    "no",
    "on",
    "On",
    "off",
    "OFF",
    "y",
    "Y",
    "n",
    "N",
    "2001-01-01",
    "2001-12-14t21:59:43.10-05:00",
    "-0x10",
    "+0b1",
    "0b_1",
    "0.1_5",
    "1_000.5e+3",
    "<<",
    "=",
]
SPELLED_ALIKE = ("20", "+20", "20.", "20.0", "020.0", "2.0e+1", "0x14")


@pytest.mark.parametrize("spelling", SPELLED_DIFFERENTLY)
def test_a_spelling_that_versions_of_yaml_read_differently_is_refused_wherever_it_stands(
    tmp_path: Path, spelling: str
) -> None:
    for text in (CIRCLES + f"    force_n: {spelling}\n", CIRCLES.replace("name: s", f"name: {spelling}")):
        message = refusal(tmp_path, text)
        assert "line" in message
        assert "YAML" in message


@pytest.mark.parametrize("spelling", SPELLED_ALIKE)
def test_a_spelling_that_every_version_of_yaml_reads_alike_is_that_number(tmp_path: Path, spelling: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(CIRCLES + f"    force_n: {spelling}\n")
    stroke = load_program(str(path)).strokes[0]
    assert isinstance(stroke, ParaspinalCircles)
    assert stroke.force_n == 20.0


@pytest.mark.parametrize("version", ["true", "True", "1.0", "1.", "'1'", "2", "0", "[1]", "~", ""])
def test_the_version_of_a_program_file_is_a_whole_number(tmp_path: Path, version: str) -> None:
    message = refusal(tmp_path, CIRCLES.replace("schema_version: 1", f"schema_version: {version}"))
    assert "schema_version: got" in message
    assert "the whole number 1" in message


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("passes: 1.5", ("strokes[0].passes", "got 1.5", "a whole number from 1 to 8")),
        ("force_high_n: 26", ("got 26", "a number from 8 to 25")),
        ("force_low_n: 22", ("strokes[0].force_low_n", "got 22", "at most force_high_n = 20")),
        ("period_s: 0.7", ("got 0.7", "a number from 0.8 to 2.5")),
        ("radius_m: 0.016", ("an unknown key", "period_s")),
    ],
)
def test_bad_kneading_values(tmp_path: Path, line: str, parts: tuple[str, ...]) -> None:
    message = refusal(tmp_path, KNEADING + f"    {line}\n")
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "an empty file"),
        ("# only a comment\n", "an empty file"),
        ("- a\n", "got a list"),
        ("3\n", "got 3"),
        ("a: [1\n", "line 2, column 1"),
        ("a: 'x\n", "line 2, column 1"),
        ("\ta: 1\n", "got a tab at line 1, column 1"),
        ("schema_version: 1\nname: no\nstrokes: []\n", "got no (YAML 1.1 reads false, YAML 1.2 reads text) at line 2"),
        ("a: " + "[" * 500 + "]" * 500, "values nested too deep at line 1"),
        ("a: " + "[" * 50_000, "values nested too deep at line 1"),
        (b"\xff\xfe\x00\x81", "a binary file"),
        ("a: 1\nb: \x00\n", "the control character U+0000 at line 2"),
        ("a: &x 1\nb: *x\n", "a YAML alias (*x) at line 2, column 4"),
        ("[1, 2]: 3\n", "no YAML"),
        ("schema_version: 2\nname: a\nstrokes: []\n", "schema_version: got 2"),
        ("schema_version: 1\nname: a\n", "strokes: got nothing"),
        ("schema_version: 1\nname: a\nstrokes: []\n", "strokes: got an empty list; allowed: a list of 1 to 40 strokes"),
        ("schema_version: 1\nname: a\nstrokes: 3\n", "a list of strokes"),
        ("schema_version: 1\nname: a\nstrokes: [hello]\n", "a mapping of keys to values"),
        ("schema_version: 1\nname: a\nstrokes:\n - {name: s, side: left}\n", "strokes[0].technique: got nothing"),
        (
            "schema_version: 1\nname: a\nstrokes:\n - {name: s, technique: tap}\n",
            "paraspinal_circles, shoulder_kneading",
        ),
        (CIRCLES.replace("circles", "circle"), "got 'paraspinal_circle'; allowed: one of"),
        (CIRCLES.replace("circles", "circle"), "did you mean paraspinal_circles?"),
        (CIRCLES + CIRCLES.split("strokes:\n")[1], "strokes[1].name: got 's'"),
        (CIRCLES + "name: again\n", "key 'name' twice at line 7, column 1"),
        ("x" * 300_000, "300000 bytes"),
    ],
)
def test_bad_files(tmp_path: Path, text: str | bytes, part: str) -> None:
    assert part in refusal(tmp_path, text)


@pytest.mark.parametrize("name", ["nothing", "", "a\0b", "x" * 5000])
def test_unknown_names_list_the_programs(name: str) -> None:
    with pytest.raises(ConfigError, match="first_session, paraspinal_only, shoulders_only"):
        load_program(name)


def test_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="got a folder"):
        load_program(str(tmp_path))


@pytest.mark.parametrize(
    "name", ["Rücken 背中", "\u0638\u0647\u0631", "\u06a9\u062a\u0641\u200c\u0647\u0627", "O'Brien 2", "पीठ", "x" * 60]
)
def test_names_may_be_of_any_script(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"{name[:20]}.yaml"
    path.write_text(
        CIRCLES.replace("name: a", f'name: "{name}"').replace("name: s", f'name: "{name}"'), encoding="utf-8"
    )
    program = load_program(str(path))
    assert program.name == program.strokes[0].name == name


def test_names_are_stored_in_the_composed_form(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("﻿" + CIRCLES.replace("name: a", "name: Rücken"), encoding="utf-8")
    assert load_program(str(path)).name == "Rücken"


@pytest.mark.parametrize(
    "name", ["", " a", "a ", "a  b", "-a", "a/b", "<b>", "x" * 61, "a\\nb", "a\\e[2J", "a\\u202Eb", "a\\U0010FFFFb"]
)
def test_names_that_would_disturb_a_line_are_refused(tmp_path: Path, name: str) -> None:
    assert "letters or digits of any script" in refusal(tmp_path, CIRCLES.replace("name: a", f'name: "{name}"'))

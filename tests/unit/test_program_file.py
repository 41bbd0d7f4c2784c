"""Program files: what is accepted, and the one line for whatever is not."""

from pathlib import Path

import pytest

from controller.errors import ConfigError
from trajectories.program import load_program, program_names
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
        ("force_n: 1e1", ("got the text '1e1'", "write 10.0 without quotes", "YAML reads 1e1 as text")),
        ("force_n: 61", ("got 61", "a number from 5 to 60")),
        ("radius_m: yes", ("got True", "a number from")),
        ("radius_m:", ("got None", "a number from")),
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
        ("3\n", "got a int"),
        ("a: [1\n", "line 2, column 1"),
        (b"\xff\xfe\x00\x81", "a binary file"),
        ("a: \x00\n", "no YAML"),
        ("a: &x 1\nb: *x\n", "a YAML alias"),
        ("[1, 2]: 3\n", "no YAML"),
        ("schema_version: 2\nname: a\nstrokes: []\n", "schema_version: got 2"),
        ("schema_version: 1\nname: a\n", "strokes: got nothing"),
        ("schema_version: 1\nname: a\nstrokes: []\n", "a list of 1 to 40 strokes"),
        ("schema_version: 1\nname: a\nstrokes: 3\n", "a list of strokes"),
        ("schema_version: 1\nname: a\nstrokes: [hello]\n", "a mapping of keys to values"),
        ("schema_version: 1\nname: a\nstrokes:\n - {name: s, side: left}\n", "strokes[0].technique: got nothing"),
        (
            "schema_version: 1\nname: a\nstrokes:\n - {name: s, technique: tap}\n",
            "paraspinal_circles, shoulder_kneading",
        ),
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

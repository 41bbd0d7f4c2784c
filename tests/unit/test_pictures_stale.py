"""A picture of README or docs that is older than what it was made from is found, and only such a one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import workbench.docs_pictures.make
from controller.errors import ConfigError
from trajectories.programs.loader import PROGRAM_FOLDER
from workbench.docs_pictures.make import NAMES, command_for, main
from workbench.docs_pictures.picture_inputs import REQUEST, picture_inputs
from workbench.docs_pictures.picture_sources import (
    Manifest,
    PictureRecord,
    code_sha256,
    drawn_sha256,
    file_sha256,
    manifest_json,
    read_manifest,
    renamed,
    stale_pictures,
    yaml_sha256,
)

ROOT = Path(workbench.docs_pictures.make.__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
PROGRAM = PROGRAM_FOLDER / f"{REQUEST.program}.yaml"


@pytest.fixture(scope="module")
def inputs() -> dict[str, dict[str, str]]:
    return picture_inputs()


def test_no_picture_is_older_than_its_sources(inputs: dict[str, dict[str, str]]) -> None:
    stale = stale_pictures(PICTURES, read_manifest(PICTURES), inputs)
    assert not stale, "\n".join(map(str, stale))


def test_every_picture_says_what_it_was_made_from(inputs: dict[str, dict[str, str]]) -> None:
    assert set(inputs) == set(NAMES)
    for name, found in inputs.items():
        assert any(key.startswith("figure ") for key in found), name
        assert all(re.fullmatch("[0-9a-f]{64}", value) for value in found.values())
    for name in ("scene.png", "session_force.png", "session_body.png", "session_error.png"):
        assert {"program first_session", "body median_f", "arm servo7 with its tool", "request"} <= set(inputs[name])


@pytest.fixture
def small(tmp_path: Path) -> tuple[Path, Manifest]:
    """A folder with one picture and its manifest."""
    (tmp_path / "a.png").write_bytes(b"picture")
    record = PictureRecord(
        command=command_for("a.png"),
        picture_sha256=file_sha256(tmp_path / "a.png"),
        inputs={"program": "1", "body": "2"},
    )
    return tmp_path, Manifest(pictures={"a.png": record})


def test_a_changed_input_is_named_with_the_command(small: tuple[Path, Manifest]) -> None:
    folder, manifest = small
    assert stale_pictures(folder, manifest, {"a.png": {"program": "1", "body": "2"}}) == []
    (stale,) = stale_pictures(folder, manifest, {"a.png": {"program": "9", "body": "2"}})
    assert str(stale) == f"a.png is older than program; make it anew: {command_for('a.png')}"
    (stale,) = stale_pictures(folder, manifest, {"a.png": {"program": "1", "arm": "2"}})
    assert stale.changed == ("arm", "body")


def test_a_picture_from_elsewhere_or_without_an_entry_is_stale(small: tuple[Path, Manifest]) -> None:
    folder, manifest = small
    same = {"program": "1", "body": "2"}
    (stale,) = stale_pictures(folder, manifest, {"a.png": same, "b.png": same})
    assert stale.picture == "b.png"
    (folder / "a.png").write_bytes(b"drawn by hand")
    (stale,) = stale_pictures(folder, manifest, {"a.png": same})
    assert "the file is another one" in str(stale)


def test_moved_inputs_are_named_anew_and_changed_ones_refused(small: tuple[Path, Manifest]) -> None:
    _, manifest = small
    moved = renamed(manifest, {"a.png": {"programme": "1", "body": "2"}})
    assert moved.pictures["a.png"].inputs == {"programme": "1", "body": "2"}
    with pytest.raises(ConfigError, match=r"a\.png, of which an input changed"):
        renamed(manifest, {"a.png": {"program": "3", "body": "2"}})


def test_words_and_places_of_code_do_not_matter_but_the_code_does() -> None:
    plain = "import a.b\nfrom c import d, e\n\ndef f(x):\n    return d(x) + 1.0\n"
    worded = '"""Doc."""\nfrom z.y import e, d\nimport q.b\nX: int\n'.replace("X: int\n", "")
    worded += 'def f(x):  # why\n    """Return it."""\n    return (d(x) + 1.0)\n'
    assert code_sha256(plain) == code_sha256(worded)
    assert code_sha256(plain) != code_sha256(plain.replace("1.0", "2.0"))
    assert code_sha256(plain) != code_sha256(plain.replace("d(x)", "e(x)"))


def test_a_comment_in_a_program_does_not_matter_but_a_value_does() -> None:
    text = PROGRAM.read_text(encoding="utf-8")
    assert yaml_sha256("# new\n" + text) == yaml_sha256(text)
    assert "force_n: 18.0" in text
    assert yaml_sha256(text.replace("force_n: 18.0", "force_n: 19.0")) != yaml_sha256(text)


def test_check_names_stale_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), "--check"]) == 1
    assert capsys.readouterr().out.count("make it anew") == len(NAMES)


def test_a_damaged_manifest_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sources.json").write_text("{", encoding="utf-8")
    assert main([str(tmp_path), "--check"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_manifest_survives_its_file(tmp_path: Path) -> None:
    manifest = read_manifest(PICTURES)
    (tmp_path / "sources.json").write_text(manifest_json(manifest), encoding="utf-8")
    assert read_manifest(tmp_path) == manifest


def test_sentences_about_the_default_session_are_those_of_its_pictures() -> None:
    facts = read_manifest(PICTURES).session
    assert facts is not None
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert facts.sentence() in readme, f"README has to say: {facts.sentence()}"
    said = re.search(r"about (\d+) s", PROGRAM.read_text(encoding="utf-8"))
    assert said is not None
    assert int(said[1]) == pytest.approx(facts.duration_s, rel=0.05)
    forces = [
        stroke.get("force_high_n", stroke.get("force_n")) for stroke in yaml.safe_load(PROGRAM.read_text())["strokes"]
    ]
    assert facts.peak_force_n >= max(forces)


def test_what_no_picture_shows_makes_none_older(tmp_path: Path) -> None:
    plain, driven, other = (tmp_path / name for name in ("plain.urdf", "driven.urdf", "other.urdf"))
    plain.write_text("<robot>\n  <link/>\n</robot>\n")
    driven.write_text('<robot>\n  <joint_drive stiffness="1"/>\n  <link/>\n</robot>\n')
    other.write_text("<robot>\n  <link>\n</robot>\n")
    assert drawn_sha256(plain) == drawn_sha256(driven) == file_sha256(plain) != drawn_sha256(other)

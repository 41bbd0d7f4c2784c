"""The JSON Schema of rig files: printed, complete, and the copy in docs is that of today."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from hardware.rig_file import RIG_FOLDER, rig_names
from hardware.rig_schema import node_at, rig_schema
from workbench import cli

COPY = Path(__file__).parents[2] / "docs" / "schemas" / "rig.schema.json"


def test_the_copy_in_docs_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["rig", "schema"]) == 0
    printed = capsys.readouterr().out
    assert COPY.read_text(encoding="utf-8") == printed, f"write it again: massage-arm rig schema > {COPY}"


def test_every_key_has_a_description_and_numbers_say_their_unit() -> None:
    schema = rig_schema()
    parts: list[dict[str, Any]] = [schema, *schema["$defs"].values()]
    keys = {name: node for part in parts for name, node in part["properties"].items()}
    assert len(keys) > 30
    for name, node in keys.items():
        assert node["description"], name
        if name.rpartition("_")[2] in {"ms", "n", "hz", "v", "a", "s"}:
            assert node["description"].endswith(f"[{node['unit']}]"), name
    assert all(part["additionalProperties"] is False for part in parts)


@pytest.mark.parametrize("name", rig_names())
def test_the_schema_knows_every_key_of_the_shipped_rigs(name: str) -> None:
    content = yaml.safe_load((RIG_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    for key, value in content.items():
        assert node_at((key,)), key
        for inner in value if isinstance(value, dict) else ():
            assert node_at((key, inner)), inner
    assert {key for servo in content["servos"] for key in servo} <= set(node_at(("servos", 0))["properties"])


def test_the_path_to_a_key_that_is_not_there_is_empty() -> None:
    assert node_at(("bus", "colour")) == {}
    assert node_at(("servos", 3, "nothing", 2)) == {}

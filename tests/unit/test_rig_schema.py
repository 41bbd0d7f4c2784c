"""The JSON Schema of rig files: printed, complete, and the copy in docs is that of today."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from hardware.rig_file import RIG_FOLDER, rig_names
from hardware.rig_schema import node_at, rig_schema
from workbench import cli

FOLDER = Path(__file__).parents[2] / "docs" / "schemas"
COPIES = {"dynamixel": "rig.schema.json", "moteus": "rig_moteus.schema.json"}


@pytest.mark.parametrize("family", COPIES)
def test_the_copy_in_docs_is_what_the_command_prints(family: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["rig", "schema", "--family", family]) == 0
    printed = capsys.readouterr().out
    copy = FOLDER / COPIES[family]
    assert copy.read_text(encoding="utf-8") == printed, f"write it again: rig schema --family {family} > {copy}"


@pytest.mark.parametrize("family", COPIES)
def test_every_key_has_a_description_and_numbers_say_their_unit(family: str) -> None:
    schema = rig_schema(family)
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
    family = content["bus"]["family"]
    for key, value in content.items():
        assert node_at((key,), family), key
        for inner in value if isinstance(value, dict) else ():
            assert node_at((key, inner), family), inner
    assert {key for servo in content["servos"] for key in servo} <= set(node_at(("servos", 0), family)["properties"])


def test_the_path_to_a_key_that_is_not_there_is_empty() -> None:
    assert node_at(("bus", "colour")) == {}
    assert node_at(("servos", 3, "nothing", 2)) == {}

"""Planning and checking work where PyBullet is not installed; a run says in one line what is missing."""

import json
import subprocess
import sys
from pathlib import Path

PROGRAM = """schema_version: 1
name: short
strokes:
  - {name: s, technique: paraspinal_circles, side: left, lower: T12, upper: T9, creep_m_s: 0.06}
"""
SCRIPT = """
import sys
sys.modules["pybullet"] = None  # what is not installed cannot be imported
from workbench import cli
for line in sys.argv[1:]:
    code = cli.main(line.split())
    print(f"exit code {code}", flush=True)
    print(f"after: {line}", file=sys.stderr, flush=True)
"""


def test_planning_works_without_the_engine_and_a_run_says_what_is_missing(tmp_path: Path) -> None:
    program = tmp_path / "short.yaml"
    program.write_text(PROGRAM)
    check, run = f"check --program {program} --json", f"run --program {program} --out {tmp_path / 'run'}"
    command = [sys.executable, "-c", SCRIPT, "list", "faults", check, run]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    parts = done.stdout.split("exit code ")
    codes = [part.partition("\n")[0] for part in parts[1:]]
    assert codes == ["0", "0", "0", "5"]
    accepted = json.loads(parts[2].partition("\n")[2])
    assert accepted["verdict"] == "accepted"
    lines = done.stderr.splitlines()
    assert any("PyBullet is not installed" in line for line in lines[: lines.index(f"after: {check}")])
    (missing,) = (line for line in lines if line.startswith("massage-arm: "))
    assert "simulation needs PyBullet" in missing
    assert "pip install pybullet" in missing
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists(), "nothing was run, nothing is left"

"""Whole runs with faults: the disk that is full, and a session taken up again after the supervisor had the drives."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from controller.errors import PlantError
from controller.operator import Asked, Request, TimedRequest, TimedRequests
from controller.types import Authority, Cause, Clearance
from sim.faults.kinds import parse_fault
from sim.options import SimulationOptions
from sim.plant import build_simulation
from tests.fault_cases import FAULT_S, TARGET_N, Bench, prepared
from workbench import cli
from workbench.record.messages import EventKind, FaultEvent
from workbench.record.reader import read_run
from workbench.record.summary import summarise

PROGRAM = """
schema_version: 1
name: short
description: one short stroke
strokes:
  - name: short circles
    technique: paraspinal_circles
    side: right
    lower: L5S1
    upper: T12
    force_n: 18.0
    creep_m_s: 0.03
"""


def test_a_closed_terminal_ends_the_run_as_an_operator_does(tmp_path: Path) -> None:
    program, folder = tmp_path / "short.yaml", tmp_path / "run"
    program.write_text(PROGRAM)
    asked = ["--program", str(program), "--body", "median_m", "--out", str(folder)]
    cli.main(["run", *asked, "--fault", "terminal_closed@1.5", "--fault", "torque_growing=0:3@1"])
    recorded = read_run(folder)
    assert recorded.config.faults == ("terminal_closed=0.0@1.5", "torque_growing=0.0:3@1.0")
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["stop"]["cause"] == Cause.OPERATOR
    assert 1.5 <= summary["stop"]["t_s"] <= 1.502
    found = [event.data for event in recorded.events if event.kind is EventKind.FAULT]
    assert found == [FaultEvent("torque_growing", 0.0, 3), FaultEvent("terminal_closed", 0.0)]


def test_a_full_disk_ends_the_run_with_exit_code_2_and_a_readable_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program, folder = tmp_path / "short.yaml", tmp_path / "run"
    program.write_text(PROGRAM)
    asked = ["--program", str(program), "--body", "median_m", "--out", str(folder)]
    faults = ["--fault", "sensor_biased=0.5@1.5", "--fault", "disk_full@3"]
    assert cli.main(["run", *asked, *faults]) == 2
    assert "No space left on device" in capsys.readouterr().err.splitlines()[-1]
    recorded = read_run(folder)
    assert not recorded.is_complete
    assert recorded.config.faults == ("sensor_biased=0.5@1.5", "disk_full=0.0@3.0")
    assert 1.9 < recorded.steps.t_s[-1] <= 3.1
    events = [(event.t_s, event.data) for event in recorded.events if event.kind is EventKind.FAULT]
    assert events[0] == (1.5, FaultEvent("sensor_biased", 0.5))
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["verdict"] == "stopped"
    assert "No space left on device" in summary["message"]
    cut = summarise(recorded)
    assert cut.stop is not None
    assert summary["stop"]["cause"] == cut.stop.cause
    assert cut.duration_s + 1.0 < summary["duration_s"] < 10.0, "from memory: the way to rest too"


def test_a_session_goes_on_after_the_link_was_mended() -> None:
    at_s = FAULT_S + 3.0
    mend = TimedRequests([TimedRequest(at_s, Asked(Request.CLEAR, Clearance.SERVICE))])
    bench = Bench(faults=(parse_fault(f"link_lost@{FAULT_S}"),), operator=mend)
    taken: dict[bool, float] = {}
    bench.after_step = lambda step: taken.update({bench.plant.taken is not None: step.t_s})
    bench.run()
    mended_s = taken[True]
    assert at_s - 0.01 < mended_s < at_s + 0.01, "the supervisor lets go with the clear, not before"
    (stop,) = bench.session.result.stops
    assert stop.cause is Cause.LINK
    assert bench.plant.taken is None
    assert bench.gate.stop_reason is None, "the session was completed"
    # the step of the clear itself was read before it
    last, *after = (step for step in bench.steps if step.t_s > mended_s)
    assert {step.state.authority for step in after} == {Authority.HOST}
    pairs = [zip(step.state.q_rad, last.state.q_rad, strict=True) for step in after[:100]]
    assert max(abs(q - left) for pair in pairs for q, left in pair) < 0.01, "it begins where the arm is, without a jump"
    assert max(math.hypot(*step.v_wt[:3]) for step in after) < 0.3
    assert max(step.truth[0].press_n for step in after) <= TARGET_N + 2.0


def test_a_fault_of_the_rig_needs_the_rig() -> None:
    body, robot, plan = prepared()
    options = SimulationOptions(faults=(parse_fault("host_killed@0"),))
    plant = build_simulation(robot.arm, robot.placement, body, options)
    plant.configure()
    plant.activate(plan.start_q_rad)
    with pytest.raises(PlantError, match="use the supervised rig"):
        plant.begin_due_faults()
    plant.deactivate()

"""Whole sessions whose gate has a certificate, beside one that has none: with faults, with stops, to rest."""

from __future__ import annotations

from typing import Any

import pytest

from controller.certificate.certificate import CompiledCertificate
from controller.own_model import OwnModel
from controller.safety.gate import Gate, Judgement
from controller.safety.memory import remembered
from controller.session_parts import SessionParts
from controller.types import Clearance, Matrix, StopReason
from sim.faults.kinds import parse_fault
from tests.certificate_cases import handover_of
from tests.fault_cases import Bench, fork_in_work
from tests.gate_differences import differences

FAULTS = (
    "sensor_frozen", "sensor_nan", "sensor_biased", "sensor_noisy", "encoder_jump", "encoder_nan", "joint_torque_lost",
    "loop_stall", "supervisor_killed", "patient_jerk", "patient_jerk_fast", "patient_away", "tool_slips", "link_lost",
    "speed_flipped", "torque_growing", "clock_nan",
)  # fmt: skip
LENGTH_S = 1.2
RECHECK_TICKS = 7
pytestmark = pytest.mark.xdist_group("certificate sessions")


class Both:
    """A gate without a certificate, and beside it one that has one and must not differ; an error where it does."""

    def __init__(self, parts: SessionParts, recheck_ticks: int) -> None:
        limits, dt_s = parts.limits, parts.rig.dt_s
        own, other = (OwnModel(parts.robot.arm, parts.robot.placement) for _ in range(2))
        self.gate = Gate(limits, dt_s, own)
        self.twin = Gate(limits, dt_s, other, CompiledCertificate(limits, dt_s, other), recheck_ticks)
        self.handover = handover_of(self.twin)
        self.ticks = 0

    def __getattr__(self, name: str) -> Any:
        """Return what is only read of a gate."""
        return getattr(self.gate, name)

    def judge(self, *tick: Any) -> Judgement:
        passed = self.handover.passed
        mine, other = self.gate.judge(*tick), self.twin.judge(*tick)
        found = differences(mine, other, f"judgement at {tick[-1]}")
        if self.handover.passed > passed:
            wanted, kept = remembered(self.gate, len(self.gate.limits.torque_nm)), self.handover._certificate.memory()
            is_same = wanted is not None and wanted.bits() == kept.bits()
            found += [] if is_same else differences(wanted, kept, f"memory at {tick[-1]}")
        elif self.ticks % 5 == 0:
            found += differences(self.gate, self.twin, f"gate at {tick[-1]}")
        self.ticks += 1
        if found:
            print(*found[:9], sep="\n", flush=True)
            raise AssertionError("the two gates differ")
        return mine

    def stop(self, reason: StopReason) -> None:
        self.gate.stop(reason)
        self.twin.stop(reason)

    def correct(self, additions: Matrix) -> None:
        self.gate.correct(additions)
        self.twin.correct(additions)

    def note_parked(self) -> None:
        self.gate.note_parked()
        self.twin.note_parked()

    def clear(self, who: Clearance) -> None:
        self.gate.clear(who)
        self.twin.clear(who)


@pytest.mark.parametrize("arm_name", ["servo7", "panda"])
def test_a_certificate_changes_nothing_in_any_fault(arm_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SessionParts, "gate", lambda parts: Both(parts, RECHECK_TICKS))

    def begin(name: str, bench: Bench) -> None:
        gate = bench.gate
        if not isinstance(gate, Both) or gate.handover.passed < 0.9 * gate.ticks:
            raise TypeError("a gate that is not certified")
        bench.plant.inject(parse_fault(f"{name}@{bench.steps[-1].t_s}"))

    changes = {name: (lambda bench, name=name: begin(name, bench), LENGTH_S) for name in FAULTS}
    outcomes = fork_in_work(changes, arm_name)
    assert set(outcomes) == set(FAULTS)
    assert sum(outcome.stop is not None for outcome in outcomes.values()) > 10
    for name, outcome in outcomes.items():
        # A difference breaks the session off and leaves no outcome; one that has stopped may have settled before.
        is_whole = outcome.steps[-1].t_s > outcome.began_s + LENGTH_S - 0.1
        assert is_whole or outcome.stop is not None, name

"""Law, gate and session meet in one place, and what that place makes belongs together."""

from __future__ import annotations

import ast
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from controller.bounds import law_settings, stroke_bounds
from controller.errors import PlanError
from controller.law.gains import FAST, STANDARD
from controller.law_fit import at_tempo
from controller.rig import Caps
from controller.session_limits import session_limits, supervisor_limits
from controller.session_parts import SessionParts
from controller.stroke_inertia import plausible_window_n
from sim.options import SimulationOptions
from sim.simulated_rig import simulated_rig
from tests.plan_cases import arm_over, short_plan

ROOT = Path(__file__).parents[2]
PACKAGES = ("controller", "trajectories", "sim", "hardware", "workbench", "urdf")
HOMES = {
    "ImpedanceForceLaw": "controller.law.impedance_force",
    "Gate": "controller.safety.gate",
    "Session": "controller.session",
}
"""What a session is made from, and where it is defined."""


def _constructed(source: str) -> AbstractSet[str]:
    """Return which of law, gate and session a module constructs, under whatever name it imports them."""
    tree = ast.parse(source)
    aliases = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if HOMES.get(alias.name) == node.module
    }
    modules = {
        alias.asname or alias.name.rpartition(".")[2]: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in aliases:
            found.add(aliases[node.func.id])
        elif isinstance(node.func, ast.Attribute) and node.func.attr in HOMES:
            owner = ast.unparse(node.func.value)
            home = HOMES[node.func.attr]
            if owner == home or modules.get(owner, "").rpartition(".")[2] == home.rpartition(".")[2]:
                found.add(node.func.attr)
    return found


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from controller.session import Session\nSession(1)", {"Session"}),
        ("from controller.safety.gate import Gate as G\nx = G(1, 2)", {"Gate"}),
        ("from controller.law import impedance_force\nimpedance_force.ImpedanceForceLaw()", {"ImpedanceForceLaw"}),
        ("import controller.session\ncontroller.session.Session()", {"Session"}),
        ("from hypothesis import Session\nSession()", set()),
        ("from controller.session import Session\ndef f(x: Session) -> None: ...", set()),
    ],
)
def test_a_construction_is_found_under_every_name(source: str, expected: set[str]) -> None:
    assert _constructed(source) == expected


def test_no_other_module_of_the_product_constructs_law_gate_or_session() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): names
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if (names := _constructed(path.read_text(encoding="utf-8")))
    }
    assert found == {"controller/session_parts.py": set(HOMES)}


def test_no_test_puts_a_session_together_by_hand() -> None:
    # A test of the gate or of the law alone makes one of the three.
    found = {path: _constructed(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "tests").rglob("*.py"))}
    assert [path for path, names in found.items() if "Session" in names or len(names) > 1] == []
    assert any(found.values())


def test_bounds_window_and_supervisor_follow_from_the_same_limits() -> None:
    plan, robot = short_plan(), arm_over("servo7", "median_f")
    parts = SessionParts.of(plan, robot, STANDARD, simulated_rig(robot.arm, SimulationOptions()))
    assert parts.limits == session_limits(plan, robot, parts.rig)
    assert parts.bounds == stroke_bounds(plan, robot, parts.limits)
    assert parts.supervisor_limits() == supervisor_limits(parts.limits)
    assert parts.law().settings == at_tempo(law_settings(parts.bounds), parts.fit.tempo)
    assert parts.law().settings.plausible_n == plausible_window_n(max(row.friction_n for row in parts.bounds))
    assert parts.law() is not parts.law()
    assert parts.gate() is not parts.gate()

    slow = replace(parts.limits, press_speed_m_s=0.5 * parts.limits.press_speed_m_s)
    changed = SessionParts.of(plan, robot, STANDARD, parts.rig, limits=slow)
    assert changed.limits is slow
    assert all(new.bound_n < old.bound_n for new, old in zip(changed.bounds, parts.bounds, strict=True))


def test_a_bound_over_its_ceiling_and_gains_without_a_margin_are_refused() -> None:
    plan, robot = short_plan(), arm_over("servo7", "median_f")
    parts = SessionParts.of(plan, robot, STANDARD, simulated_rig(robot.arm, SimulationOptions()))
    parts.refuse_unsafe()
    over = replace(parts.bounds[0], bound_n=parts.bounds[0].ceiling_n + 1.0)
    with pytest.raises(PlanError, match="worst-case press force"):
        replace(parts, bounds=(over, *parts.bounds[1:])).refuse_unsafe()
    with pytest.raises(PlanError, match="phase margin"):
        replace(parts, gains=FAST, rig=replace(parts.rig, loop_lag_s=40 * parts.rig.dt_s)).refuse_unsafe()


@pytest.mark.parametrize("name", ["servo7", "panda"])
def test_a_torque_cap_that_cannot_hold_the_arm_is_refused(name: str) -> None:
    plan, robot = short_plan(name), arm_over(name, "median_f")
    rig = simulated_rig(robot.arm, SimulationOptions())
    SessionParts.of(plan, robot, STANDARD, rig).refuse_unsafe()
    robot.update(np.array(plan.rest_q_rad), np.zeros(robot.joints))
    weak = list(robot.arm.torque_limit_nm)
    weak[1] = abs(float(robot.gravity[1]))
    for person, own in ((None, Caps(torque_nm=tuple(weak))), (Caps(torque_nm=tuple(weak)), Caps())):
        with pytest.raises(PlanError, match=r"joint 2.* Nm to hold the arm"):
            SessionParts.of(plan, robot, STANDARD, replace(rig, caps=own), person).refuse_unsafe()

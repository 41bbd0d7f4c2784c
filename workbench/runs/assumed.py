"""What a plan assumed of the senses, kept with the run so that it can be held against what they found."""

from __future__ import annotations

from dataclasses import replace

from controller.session_parts import SessionParts
from workbench.record.messages import RunConfig, WristFacts


def with_assumptions(config: RunConfig, parts: SessionParts) -> RunConfig:
    """Return a configuration that also tells what the wrist sensor carries and how far the observer may differ."""
    rows = parts.robot.sensor_in_tool()[1].tolist()
    rotation = ((*rows[0],), (*rows[1],), (*rows[2],))
    wrist = WristFacts(parts.robot.arm.tool.mass_kg, rotation)
    return replace(config, wrist=wrist, observer_margin_n=parts.limits.observer_margin_n).hashed()

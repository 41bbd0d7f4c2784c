"""A technique of its own for the tests: rest on one spot beside the spine while the tool turns about the normal."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field

from controller.types import Region
from trajectories.anatomy.back import Back
from trajectories.techniques.fields import TOUCH_FORCE_N, StrokeModel
from trajectories.techniques.stroke_path import StrokePath, follow_skin
from trajectories.techniques.technique import Technique
from trajectories.techniques.timing import fade, samples


class PressAndTurn(StrokeModel):
    """Press on one spot and turn there and back."""

    technique: Literal["press_and_turn"]
    force_n: float = Field(default=10.0, ge=TOUCH_FORCE_N, le=30.0)
    """Press force."""
    turn_rad: float = Field(default=0.3, ge=-0.6, le=0.6)
    """Largest turn."""


def press_and_turn(stroke: PressAndTurn, back: Back) -> StrokePath:
    t = samples(4.0)
    x, side = back.spine_x(0.4), 1.0 if stroke.side == "left" else -1.0
    feet = np.tile([x, float(back.spine.y(x)) + 0.04 * side], (len(t), 1))
    turn = fade(t, 4.0, 2.0)
    press = TOUCH_FORCE_N + (stroke.force_n - TOUCH_FORCE_N) * turn
    path = StrokePath.of_one_pad(
        stroke.name, stroke.technique, stroke.side, TOY.allowed, follow_skin(feet, press, back)
    )
    return replace(path, yaw_rad=stroke.turn_rad * turn)


TOY = Technique(
    name="press_and_turn",
    model=PressAndTurn,
    make_path=press_and_turn,
    make_short=lambda force_n: PressAndTurn(name="fault", technique="press_and_turn", side="left", force_n=force_n),
    least_force_n=TOUCH_FORCE_N,
    allowed=frozenset({Region.THORACIC_PARASPINAL, Region.LUMBAR_PARASPINAL, Region.RHOMBOID}),
    summary="press on one spot and turn",
    description="For tests.",
    example="- {name: turn, technique: press_and_turn, side: left}\n",
)

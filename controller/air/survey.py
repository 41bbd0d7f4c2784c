"""Collects what free motion shows of an arm, without judging it: for its identification."""

from __future__ import annotations

from controller.air.blocks import AirBlock
from controller.air.tool_estimate import estimate_tool
from controller.air.watch import AirWatch
from controller.types import ArmState, Phase, StopReason


class AirSurvey(AirWatch):
    """An ``AirWatch`` that refuses nothing: it holds arm and sensor by what it sees first, and keeps all samples."""

    @property
    def blocks(self) -> tuple[AirBlock, ...]:
        """What was seen so far, beside the model of the file."""
        return tuple(self._blocks)

    def _look(self, state: ArmState) -> StopReason | None:
        """Hold the arm and tare the sensor by the first block, so that no layer takes an error for a contact."""
        (block,) = self._blocks
        self._hold(block)
        self._law.take_tare(estimate_tool([block], self._robot.arm.tool).zero_s, (0.0,) * 6)
        return None

    def _leave(self, before: Phase, phase: Phase, state: ArmState) -> StopReason | None:
        """Judge nothing."""
        return None

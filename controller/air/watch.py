"""Checks arm, tool and wrist sensor in the air before the first contact, and again in every transfer after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from controller.air.blocks import AirBlock, BlockMaker
from controller.air.check import DRIFT_N_PER_S, HOLDING_NM, HOLDING_SHARE, found, gross, refusal
from controller.air.findings import AirChecked, AirEvent, Tared
from controller.air.gravity_estimate import estimate_gravity
from controller.air.tool_estimate import ToolEstimate, estimate_tool, zero_of
from controller.air.zero_filter import ZeroFilter
from controller.errors import ModelError
from controller.law.impedance_force import ImpedanceForceLaw
from controller.robot import Array
from controller.safety.reaction import stop_reason
from controller.types import ArmState, Cause, Command, Matrix, Phase, Reference, StopReason, Vector, Vector6

AIR_PHASES = frozenset({Phase.TO_PLAN, Phase.TRANSFER})
SETTLE_S = 0.03
"""Time in the air before samples count: the momentum observer has come within 17 % (design choice: with one block more
it is before the gate would find sensor and observer apart)."""
HELD_DOUBT = 20.0
"""How much farther than assumed masses may be off where the arm has to be held by what was measured, whatever it is:
until the check is done, and after it has refused."""
HELD_NM = 0.15
"""A torque beside the model below this, and below a joint's friction, needs no other holding (assumed)."""
GRAVITY_BLOCKS = 60
"""Most blocks that gravity is estimated from, spread evenly; the work is done within one tick."""
FEWEST_BLOCKS = 15
"""A transfer with fewer good blocks tares nothing."""
JUMP_N, JUMP_N_PER_S = 1.0, 0.06
"""The zero may be off its expected value by this, plus this for every second since the last tare (design choice: five
times what cross-talk of 3 % on the tool's weight leaves; a drift of 0.05 N/s that begins now)."""
FIRST_DRIFT_N_PER_S = 0.02
"""Standard deviation of a drift of which nothing is known (assumed)."""
FAR_ZERO_N = 20.0
"""A zero that has drifted this far in a session has come near the trip of the wrist sensor (design choice)."""
GROWN_FRICTIONS = 4.0
"""A transfer may show this many times the friction of a joint: it doubles in the cold, and is counted both ways."""


def _nowhere(additions: Matrix) -> None:
    """Take a correction to no gate: for sessions whose gate has no model of its own."""


class AirWatch:
    """Looks at every tick of a session; what it finds goes into law and model, or comes back as a stop.

    Args:
        law: whose tare, tool and gravity are set; its model is that of the files again.
        correct_gate: makes the gate's model the same, by what is added to the links of the file; raises ValueError
            where that is too much.
    """

    def __init__(self, law: ImpedanceForceLaw, correct_gate: Callable[[Matrix], None] = _nowhere) -> None:
        self._law, self._robot, self._correct_gate = law, law.robot, correct_gate
        self._restore()
        self._events: list[AirEvent] = []
        self._maker = BlockMaker(law.robot)
        self._blocks: list[AirBlock] = []
        self._since_s: float | None = None
        self._phase: Phase | None = None
        self._is_checked = self._has_looked = False
        self._friction_nm: Vector = law.robot.arm.friction_nm
        self._mass_kg, self._com_s_m = law.robot.arm.tool.mass_kg, law.robot.arm.tool.com_s_m
        self._filter: ZeroFilter | None = None
        self._provisional: Array | None = None

    def see(self, state: ArmState, reference: Reference, command: Command) -> StopReason | None:
        """Take one tick of a running session; return why it must not go on, or None.

        Args:
            state: what the senses say.
            reference: what is wanted; its phase says whether the arm is in the air.
            command: of this tick, for the measured pose.
        """
        phase, before = reference.phase, self._phase
        self._phase = phase
        if before is not None and phase is not before:
            stop = self._leave(before, phase, state)
            if stop is not None:
                return stop
        if phase not in AIR_PHASES or not self._law.is_free:
            return None
        if self._since_s is None:
            self._since_s = state.t_s
        if state.t_s - self._since_s < SETTLE_S:
            return None
        block = self._maker.add(state, command.terms, self._law.residual_nm)
        if block is None:
            return None
        self._blocks.append(self._by_file(block))
        if self._is_checked or self._has_looked:
            return None
        self._has_looked = True
        return self._look(state)

    def events(self) -> list[AirEvent]:
        """Return what was found since the last call."""
        if not self._events:
            return []
        events, self._events = self._events, []
        return events

    def forget(self) -> None:
        """Forget the samples so far: a stop has interrupted them."""
        self._blocks, self._since_s, self._phase = [], None, None
        self._maker.clear()

    def _leave(self, before: Phase, phase: Phase, state: ArmState) -> StopReason | None:
        """Judge what was seen in the air where it ends, or where the way to the plan does."""
        if before not in AIR_PHASES or (self._is_checked and phase in AIR_PHASES):
            return None
        stop = self._transfer(state) if self._is_checked else self._examine(state)
        self.forget()
        self._phase = phase
        return stop

    def _look(self, state: ArmState) -> StopReason | None:
        """Refuse gross errors as soon as the arm stands in the air, before it is moved or sinks."""
        (block,), robot, t_s = self._blocks, self._robot, state.t_s
        try:
            tool = estimate_tool([block], robot.arm.tool)
            stop = gross(tool, block, robot, t_s)
            if stop is not None:
                return self._refuse(stop, tool, [block])
            self._hold(block)
        except ModelError as error:
            return stop_reason(Cause.MODEL_MISMATCH, str(error), 1.0, 0.0, "times", t_s)
        return None

    def _examine(self, state: ArmState) -> StopReason | None:
        """Judge tool, sensor and arm, and take over what was found."""
        blocks, robot, t_s = self._blocks, self._robot, state.t_s
        if not blocks:
            return None
        self._restore()
        self._provisional = None
        try:
            tool = estimate_tool(blocks, robot.arm.tool)
            thinned = blocks[:: max(1, len(blocks) // GRAVITY_BLOCKS)]
            gravity = estimate_gravity(thinned, robot)
        except ModelError as error:
            return stop_reason(Cause.MODEL_MISMATCH, str(error), 1.0, 0.0, "times", t_s)
        stop = refusal(tool, gravity, robot, blocks[-1].q_rad, t_s)
        if stop is not None:
            return self._refuse(stop, tool, thinned)
        what = found(tool, gravity, robot.arm)
        if what.is_corrected and not self._correct(gravity.correction):
            unfit = "free-air check: masses that gravity is to be corrected by, which the models do not take"
            return stop_reason(Cause.MODEL_MISMATCH, unfit, 1.0, 0.0, "times", t_s)
        self._is_checked = True
        self._friction_nm = tuple(map(max, what.friction_nm, robot.arm.friction_nm))
        if tool.is_weighed:
            self._mass_kg, self._com_s_m = tool.mass_kg, tool.com_s_m
            self._law.take_tool(tool.mass_kg, tool.com_s_m)
            self._filter = ZeroFilter(tool.t_s, tool.zero_s, tool.drift_s, tool.drift_error_n_per_s)
            self._take_zero(t_s)
        self._events.append(AirChecked(what, is_passed=True))
        return None

    def _refuse(self, stop: StopReason, tool: ToolEstimate, blocks: Sequence[AirBlock]) -> StopReason:
        """Hold the refused arm by what was measured: the gravity of the file would let it sink or rise."""
        gravity = estimate_gravity(blocks, self._robot, HELD_DOUBT)
        self._correct(gravity.correction)
        self._events.append(AirChecked(found(tool, gravity, self._robot.arm), is_passed=False))
        return stop

    def _hold(self, block: AirBlock) -> None:
        """Hold the arm by what it shows at rest, until more is known."""
        pairs = zip(block.residual_nm, self._robot.arm.friction_nm, strict=True)
        if not all(abs(residual) <= max(HELD_NM, friction) for residual, friction in pairs):
            self._provisional = estimate_gravity([block], self._robot, HELD_DOUBT).correction
            self._correct(self._provisional)

    def _by_file(self, block: AirBlock) -> AirBlock:
        """Return a block whose residual is beside the model of the file, whatever the arm is held by now."""
        if self._provisional is None:
            return block
        held = self._robot.gravity_regressor(np.array(block.q_rad)) @ self._provisional.ravel()
        return replace(block, residual_nm=tuple((np.array(block.residual_nm) - held).tolist()))

    def _correct(self, additions: Array) -> bool:
        """Correct the models of law and gate, which are those of the files; False where one of them refuses."""
        try:
            self._robot.correct(additions)
            self._correct_gate(additions.tolist())
        except (ModelError, ValueError):
            self._restore()
            return False
        return True

    def _restore(self) -> None:
        """Make the models of law and gate those of the files again."""
        self._robot.restore()
        self._correct_gate(())

    def _transfer(self, state: ArmState) -> StopReason | None:
        """Tare anew by what a transfer has shown, and hold it against what was expected."""
        blocks, t_s = self._blocks, state.t_s
        if len(blocks) < FEWEST_BLOCKS:
            return None
        residual = np.mean([block.residual_nm for block in blocks], axis=0)
        stop = self._grown(residual, blocks[-1], t_s)
        if stop is not None:
            return stop
        mean = np.mean([zero_of(block, self._mass_kg, self._com_s_m) for block in blocks], axis=0).tolist()
        zero: Vector6 = (mean[0], mean[1], mean[2], mean[3], mean[4], mean[5])
        middle_s = float(np.mean([block.t_s for block in blocks]))
        if self._filter is None:
            self._filter = ZeroFilter(middle_s, zero, (0.0,) * 6, FIRST_DRIFT_N_PER_S)
        off_n = max(abs(a - b) for a, b in zip(zero[:3], self._filter.zero(middle_s)[:3], strict=True))
        allowed = JUMP_N + JUMP_N_PER_S * self._filter.age_s(middle_s)
        if not off_n <= allowed:
            what = "zero of the wrist sensor against the one expected after the last transfer"
            return stop_reason(Cause.MODEL_MISMATCH, what, off_n, allowed, "N", t_s)
        self._filter.update(middle_s, zero)
        stop = self._drifting(t_s)
        if stop is None:
            self._take_zero(t_s)
            self._events.append(Tared(self._law.zero_s, self._filter.drift, float(np.abs(residual).max())))
        return stop

    def _grown(self, residual: Array, block: AirBlock, t_s: float) -> StopReason | None:
        """Return a joint whose torque in the air is not the model's any more."""
        holding = self._robot.holding_nm(np.array(block.q_rad))
        allowed = HOLDING_NM + HOLDING_SHARE * np.abs(holding) + GROWN_FRICTIONS * np.array(self._friction_nm)
        share = np.abs(residual) / allowed
        joint = int(np.argmax(np.where(np.isfinite(share), share, np.inf)))
        if share[joint] <= 1.0:
            return None
        what = f"torque of joint {joint + 1} in the air beside its model"
        return stop_reason(Cause.MODEL_MISMATCH, what, abs(residual[joint]), allowed[joint], "Nm", t_s)

    def _drifting(self, t_s: float) -> StopReason | None:
        """Return a drift that no stroke may be pressed with, or a zero that has gone too far."""
        if self._filter is None:
            return None
        drift, zero = max(map(abs, self._filter.drift[:3])), max(map(abs, self._filter.zero(t_s)[:3]))
        if not drift <= DRIFT_N_PER_S:
            return stop_reason(Cause.MODEL_MISMATCH, "drift of the wrist sensor", drift, DRIFT_N_PER_S, "N/s", t_s)
        if not zero <= FAR_ZERO_N:
            return stop_reason(Cause.MODEL_MISMATCH, "zero of the wrist sensor", zero, FAR_ZERO_N, "N", t_s)
        return None

    def _take_zero(self, t_s: float) -> None:
        """Give the law the zero of now and the drift to follow."""
        if self._filter is not None:
            self._law.take_tare(self._filter.zero(t_s), self._filter.drift)

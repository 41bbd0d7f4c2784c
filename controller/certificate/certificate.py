"""The certificate of a gate for one pad: packs a tick, asks the kernel, and keeps what it remembers in two rows."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from controller.certificate.kernel import GAIN, LIMIT_N, PRESS_N, certify
from controller.certificate.layout import NOW, NOW_ROWS, SEEN_RAD, Array, size_of
from controller.certificate.limit_rows import keep_out_grid, limit_record, limit_rows, stroke_numbers
from controller.certificate.rows import Row
from controller.own_model import as_terms
from controller.safety.certificate import Memory, Passed, Seen
from controller.safety.limits import GateLimits
from controller.types import DRIVEN_PHASES, ArmState, Authority, Command, ContactState, Phase, Reference

_CONTACT = {contact: float(number) for number, contact in enumerate(ContactState)}
_PHASE = {phase: float(number) for number, phase in enumerate(Phase)}


class Model(Protocol):
    """A model of the arm whose terms can be read as they are: ``controller.own_model.OwnModel``."""

    @property
    def terms(self) -> Array:
        """``RobotModel.terms`` of the last evaluation, always the same array."""
        ...

    def update(self, q_rad: Array, dq_rad_s: Array) -> None:
        """Evaluate the terms at joint positions (n,) and speeds (n,)."""
        ...


class CompiledCertificate:
    """Implements ``controller.safety.certificate.Certificate`` for tools with one pad.

    The kernel is loaded, or compiled, when this is made: never while an arm moves.

    Args:
        limits: of the gate; it has one pad.
        dt_s: period of the loop [s].
        model: the gate's own model of the arm.
    """

    def __init__(self, limits: GateLimits, dt_s: float, model: Model) -> None:
        n = len(limits.torque_nm)
        self._joints, self._model, self._strokes = n, model, stroke_numbers(limits)
        self._sizes = (n,) * 4
        self._packed = np.zeros(NOW_ROWS * n + size_of(NOW))
        self._pack = struct.Struct(f"{len(self._packed)}d").pack_into
        self._q, self._dq = self._packed[n : 2 * n], self._packed[2 * n : 3 * n]
        self._unknown = (math.nan,) * n
        self._row, self._next = Row(n), Row(n)
        work = np.zeros(n * n + 6 * n + 36 + 18)
        self._fixed = (
            self._packed, self._packed[NOW_ROWS * n :].view(NOW), limit_record(limits, dt_s), limit_rows(limits),
            keep_out_grid(limits), model.terms, work,
        )  # fmt: skip
        self._ask()

    def take(self, memory: Memory) -> bool:
        """Go on from the memory of a gate; return False where it cannot be held."""
        return self._row.take(memory)

    def passes(self, command: Command, state: ArmState, reference: Reference, t_s: float) -> Passed | None:
        """Return what the gate would say of a command that it leaves as it is, and advance; None changes nothing.

        An error is no verdict: the gate judges, and finds it by its own rules.

        Args:
            command: what the law asks for.
            state: what the senses say.
            reference: what the plan wants.
            t_s: session time as the clock says [s].
        """
        try:
            is_certified = self._is_certified(command, state, reference, t_s)
        except Exception:
            return None
        if not is_certified:
            return None
        self._row, self._next = self._next, self._row
        n, made = self._joints, self._row.made.tolist()
        told = made[-3 - n :]
        tau_nm = tuple(told[3:]) if reference.phase in DRIVEN_PHASES else command.tau_nm
        return Passed(tau_nm, tuple(made[6 + 6 * n : 6 + 7 * n]), told[PRESS_N], told[LIMIT_N], told[GAIN])

    def memory(self) -> Memory:
        """Return what the gate would remember after the last tick that passed."""
        return self._row.remembered()

    def seen(self) -> Seen:
        """Return what the last tick that passed leaves for a stop."""
        row = self._row
        own = as_terms(row.terms, row.made[: 6 + 9 * self._joints])
        vx, vy, vz, wx, wy, wz, nx, ny, nz = row.told[:9].tolist()
        good = replace(own, v_wt=(vx, vy, vz, wx, wy, wz))
        return Seen(own, good, (nx, ny, nz), tuple(row.joints[SEEN_RAD].tolist()))

    def _is_certified(self, command: Command, state: ArmState, reference: Reference, t_s: float) -> bool:
        """Pack the tick and ask the kernel; False at once for what is not of the expected shape."""
        (pad,), (planned,) = command.pads, reference.pads
        sizes = (len(command.tau_nm), len(state.q_rad), len(state.dq_rad_s), len(state.tau_nm))
        if sizes != self._sizes or state.authority is not Authority.HOST or reference.segment < 0:
            return False
        surface_w = command.surface_velocity_w if reference.phase in DRIVEN_PHASES else reference.twist[:3]
        self._pack(
            self._packed.data, 0, *command.tau_nm, *state.q_rad, *state.dq_rad_s, *state.tau_nm,
            *self._sense(state.temperatures_c), *self._sense(state.voltages_v), *self._sense(state.joint_age_s),
            *self._sense(state.joint_fault),
            t_s, pad.press_n, pad.observer_n, pad.target_n, pad.is_sensor_trusted, _CONTACT[command.contact],
            command.plan_error_m, state.sensor_age_s, state.wrench_sequence, state.supervisor_age_s,
            state.command_age_s, _PHASE[reference.phase], *command.terms.v_wt, *pad.normal_w, *surface_w,
            *state.wrench_s, *reference.position_m, *planned.normal_w, *self._strokes[reference.segment],
        )  # fmt: skip
        self._model.update(self._q, self._dq)
        return self._ask()

    def _ask(self) -> bool:
        row, after = self._row, self._next
        return certify(row.all, after.all, after.memory, after.joints, after.ring, after.made, *self._fixed)

    def _sense(self, values: Sequence[float]) -> Sequence[float]:
        """Return a sense of all joints; no numbers where the rig has none.

        Raises:
            ValueError: it has another number of values.
        """
        if len(values) == self._joints:
            return values
        if values:
            raise ValueError(f"got {len(values)} values of a sense; allowed: {self._joints}")
        return self._unknown

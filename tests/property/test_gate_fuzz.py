"""The gate against random commands: a million by `make fuzz`, 20 000 of the same generator in `make test`.

Everything is checked with the plan's ceiling, target and margins in NumPy, never with a function of the gate.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field

import numpy as np
import pytest

from controller.safety.gate import Gate, Judgement
from controller.safety.limits import GateLimits
from controller.types import Action, Cause, Command, ContactState, Mode, StopReason
from tests.fuzz_cases import SHAPE_SHARE, Arms, Pick, arms, case, misshapen, random_limits

SEED = int(os.environ.get("MASSAGE_ARM_FUZZ_SEED", "20240611"))
TOLERANCE = 1e-6
"""Of press force, force across the normal and moment [N, Nm], whatever the arm."""
PARK_TOLERANCE_N = 0.1
"""Of the parking force, on sound arms: it is softened, not audited."""
LARGEST_PULL_N = 15.0
PERIODS_S = (1e-3, 1e-3, 0.5, 1.0)
"""The long ones lead a stopped arm through every mode of its way to rest within one session."""
BATCH = 2000
SESSION = 4
"""Commands that one gate judges one after the other."""
STEPS = (*(1.0,) * 28, 3.0, 0.0, -1.0, float("nan"))
"""What the clock does in one period, in periods."""
TOUCHING = (ContactState.CONTACT, ContactState.WORK)
CONTACTS = tuple(ContactState)


@dataclass
class Tally:
    """What was seen, so that a fuzz that only ever stops is found out."""

    approved: int = 0
    lowered: int = 0
    modes: dict[Mode, int] = field(default_factory=lambda: dict.fromkeys(Mode, 0))
    causes: dict[Cause, int] = field(default_factory=dict)


@dataclass
class Sent:
    """What went out in one batch and what it is held against, one entry a command."""

    index: list[int] = field(default_factory=list)
    tau: list[tuple[float, ...]] = field(default_factory=list)
    torque: list[tuple[float, ...]] = field(default_factory=list)
    press_allowed: list[float] = field(default_factory=list)
    across_allowed: list[float] = field(default_factory=list)
    moment_allowed: list[float] = field(default_factory=list)
    force_allowed: list[float] = field(default_factory=list)


def _press_allowed(bounds: GateLimits, command: Command, share: float) -> float:
    """Return the limit in force: planned ceiling, target and margin."""
    (stroke,) = bounds.strokes[0].pads
    if command.contact not in TOUCHING:
        return min(bounds.free_press_n, stroke.ceiling_n)
    return min(max(min(command.pads[0].target_n, stroke.target_n), 0.0) + share * stroke.margin_n, stroke.ceiling_n)


class Session:
    """One gate with random limits and its next few commands."""

    def __init__(self, pick: Pick, batch: Arms) -> None:
        self.bounds = random_limits(pick, batch.tau.shape[1])
        self._dt_s = pick.choice(PERIODS_S)
        self.gate = Gate(self.bounds, self._dt_s)
        self._pick, self._batch = pick, batch
        self._share, self._t_s = 1.0, 0.0
        if pick.random() < 0.1:
            self.gate.note_parked()

    def judge(self, k: int, sent: Sent, tally: Tally) -> None:
        """Judge one command and note what its torques are held against."""
        pick, gate = self._pick, self.gate
        self._t_s += pick.choice(STEPS) * self._dt_s
        if pick.random() < 0.1:
            gate.stop(StopReason(pick.choice(tuple(Cause)), "-", 1.0, 0.0, "-", self._t_s, "-"))
        was_stopped = gate.stop_reason is not None
        command, state, reference = case(self._batch, k, pick.choice(CONTACTS), self._t_s)
        is_misshapen = pick.random() < SHAPE_SHARE
        if is_misshapen:
            command, state, reference = misshapen(pick, command, state, reference)
        judgement = gate.judge(command, state, reference, self._t_s)
        tally.modes[judgement.mode] += 1
        assert (judgement.stop is None) == (judgement.mode is Mode.RUN)
        sent.index.append(k)
        sent.tau.append(judgement.command.tau_nm)
        sent.torque.append(self.bounds.torque_nm)
        if judgement.stop is None:
            assert not was_stopped
            assert not is_misshapen
            tally.approved += 1
            tally.lowered += bool(judgement.limited)
            self._note_run(command, sent)
        else:
            tally.causes[judgement.stop.cause] = tally.causes.get(judgement.stop.cause, 0) + 1
            self._note_stopped(judgement, k, sent, is_misshapen)
        self._share = judgement.gain_share

    def _note_run(self, command: Command, sent: Sent) -> None:
        sent.press_allowed.append(_press_allowed(self.bounds, command, self._share))
        sent.across_allowed.append(self.bounds.tangential_n)
        sent.moment_allowed.append(self.bounds.moment_nm)
        sent.force_allowed.append(np.inf)

    def _note_stopped(self, judgement: Judgement, k: int, sent: Sent, is_misshapen: bool) -> None:
        """A parked arm pushes nowhere harder than its parking force; one at rest is pulled by no more than its pull."""
        is_known = bool(self._batch.well[k]) and not is_misshapen and self.gate.action is not Action.HOLD_TORQUE
        allowed = np.inf
        if is_known and judgement.mode is Mode.PARK and self.gate.action is Action.PARK:
            allowed = self.bounds.park_force_n
        elif is_known and judgement.mode is not Mode.PARK and self._batch.at_rest[k]:
            allowed = LARGEST_PULL_N
        sent.press_allowed.append(np.inf)
        sent.across_allowed.append(np.inf)
        sent.moment_allowed.append(np.inf)
        sent.force_allowed.append(allowed)


def _check(batch: Arms, sent: Sent) -> None:
    """Recompute every static tool force from the torques that went out."""
    index, tau, torque = np.array(sent.index), np.array(sent.tau), np.array(sent.torque)
    assert np.all(np.isfinite(tau)), index[~np.isfinite(tau).all(axis=1)][:5]
    assert np.all(np.abs(tau) <= torque), index[(np.abs(tau) > torque).any(axis=1)][:5]
    with np.errstate(all="ignore"):
        wrench = np.einsum("kij,kj->ki", batch.jbar_t[index], tau - batch.bias[index])
        force = wrench[:, :3]
        outward = np.einsum("ki,ki->k", force, batch.normal[index])
        across = np.linalg.norm(force - outward[:, None] * batch.normal[index], axis=1)
        for name, found, allowed in (
            ("press", -outward, sent.press_allowed),
            ("force across", across, sent.across_allowed),
            ("moment", np.linalg.norm(wrench[:, 3:], axis=1), sent.moment_allowed),
            ("force", np.linalg.norm(force, axis=1), sent.force_allowed),
        ):
            limit = np.array(allowed)
            wrong = ~(found <= limit + (PARK_TOLERANCE_N if name == "force" else TOLERANCE)) & (limit < np.inf)
            if name == "force":
                wrong &= batch.well[index] & np.all(np.abs(batch.bias[index]) <= torque, axis=1)
            assert not wrong.any(), (name, index[wrong][:5], found[wrong][:5], limit[wrong][:5])


def _fuzz(count: int) -> Tally:
    rng, pick, tally = np.random.default_rng(SEED), Pick(SEED), Tally()
    for start in range(0, count, BATCH):
        batch, sent = arms(rng, BATCH, 6 + start // BATCH % 3), Sent()
        for first in range(0, BATCH, SESSION):
            session = Session(pick, batch)
            for k in range(first, first + SESSION):
                session.judge(k, sent, tally)
        _check(batch, sent)
    return tally


def _report(count: int, tally: Tally, seconds: float) -> None:
    print(f"\nfuzz: {count} commands, seed {SEED}, {seconds:.0f} s, {tally}")
    assert tally.approved > 0.2 * count
    assert tally.lowered > 0.1 * count
    assert all(seen > 0 for seen in tally.modes.values())


def test_no_random_command_gets_through_above_its_limit() -> None:
    count, start = 20_000, time.monotonic()
    _report(count, _fuzz(count), time.monotonic() - start)


@pytest.mark.campaign
def test_no_command_of_a_million_gets_through_above_its_limit() -> None:
    count, start = 1_000_000, time.monotonic()
    _report(count, _fuzz(count), time.monotonic() - start)

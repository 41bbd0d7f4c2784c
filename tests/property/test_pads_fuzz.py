"""The gate with two pads against random commands, broken numbers included.

Everything is checked with the plan's ceilings, targets and margins in NumPy, never with a function of the gate.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy.spatial.transform import Rotation

from controller.safety.gate import Gate
from controller.safety.limits import GateLimits, PadGeometry, PadLimits, PressLimits
from controller.types import Command, ContactState, PadReference, Reference
from tests.fuzz_cases import BROKEN, CALM, Arms, Array, Pick, arms, case
from tests.gate_cases import DEPTH_M, limits

SEED = 20261128
COUNT = 2000
SESSION = 4
TOLERANCE = 1e-6
NAN_SHARE = 0.1


def _limits(pick: Pick, joints: int) -> GateLimits:
    """Return limits of two pads; senses rarely stop a command."""
    half = pick.choice((0.01, 0.035, 0.08))
    shift = pick.choice((0.0, 0.03))
    geometry = (PadGeometry("a", (shift, half, 0.0), 6e-4), PadGeometry("b", (0.0, -half, shift), 6e-4))
    own = tuple(
        PadLimits(pick.choice((1e-3, 15.0, 45.0)), pick.choice((0.0, 5.0, 20.0)), pick.choice((0.0, 3.0)), 1e3, DEPTH_M)
        for _ in geometry
    )
    stroke = PressLimits(own, pick.choice((10.0, 40.0, 90.0)), 1e4, pick.choice((1.0, 200.0, 1e5)))
    return limits(
        joints, pads=geometry, strokes=(stroke,), speed_rad_s=(1e9,) * joints, tool_speed_m_s=1e9,
        observer_margin_n=1e3, pressure_pa=1e9,
        torque_nm=(pick.choice((30.0, 87.0, 1e6)),) * joints, loading_rate_n_per_s=pick.choice((1500.0, 1e9)),
        free_press_n=pick.choice((0.0, 8.0, 30.0)), press_speed_m_s=pick.choice((0.0, 0.5)), jump_rad=1e9, late_s=1e9,
        tangential_n=pick.choice((1.0, 60.0)), moment_nm=pick.choice((0.1, 1.0, 10.0)), axis_cosine=0.8,
    )  # fmt: skip


def _two(
    pick: Pick, batch: Arms, k: int, turn: Rotation, rng: np.random.Generator
) -> tuple[Command, Reference, list[Array]]:
    """Return a command and a reference with two pads, one number of either broken now and then."""
    command, _, reference = case(batch, k, pick.choice(tuple(ContactState)), 0.0)
    tool_z, along = -turn.as_matrix()[:, 2], turn.as_matrix()[:, 0]
    lean = pick.choice((0.0, 0.1, 0.4))
    normals = [Rotation.from_rotvec(sign * lean * along).apply(tool_z) for sign in (1.0, -1.0)]
    quaternion = tuple(turn.as_quat().tolist())
    pads = [
        dataclasses.replace(command.pads[0], normal_w=tuple(normal.tolist()), target_n=pick.choice((0.0, 5.0, 20.0)))
        for normal in normals
    ]
    planned = [PadReference(pad.normal_w, 5.0, 0.0) for pad in pads]
    if pick.random() < NAN_SHARE:
        name = pick.choice(("press_n", "observer_n", "target_n", "normal_w"))
        which, broken = pick.below(2), pick.choice(BROKEN)
        pads[which] = dataclasses.replace(pads[which], **{name: (broken, 0.0, 1.0) if name == "normal_w" else broken})
    if pick.random() < NAN_SHARE:
        v_wt = [*command.terms.v_wt]
        v_wt[pick.below(6)] = pick.choice(BROKEN)
        command = dataclasses.replace(command, terms=dataclasses.replace(command.terms, v_wt=tuple(v_wt)))
    roll = rng.normal(scale=(0.0, 3.0)[pick.below(2)], size=3)
    with np.errstate(all="ignore"):
        tau = np.array(command.tau_nm) + np.array(command.terms.jacobian)[3:].T @ roll
    command = dataclasses.replace(
        command, pads=tuple(pads), tau_nm=tuple(tau.tolist()),
        terms=dataclasses.replace(command.terms, quaternion_wt=quaternion),
    )  # fmt: skip
    return command, dataclasses.replace(reference, pads=tuple(planned), quaternion_xyzw=quaternion), normals


def _presses(wrench: Array, normals: list[Array], places: list[Array]) -> Array:
    """Return the press forces with the given force and roll moment about the middle of the pads."""
    force, mean = wrench[:3], normals[0] + normals[1]
    middle = 0.5 * (places[0] + places[1])
    roll = np.cross(places[0] - places[1], mean)
    moment = wrench[3:] - np.cross(middle, force)
    sums = [-normal @ mean for normal in normals]
    rolls = [-np.cross(place - middle, normal) @ roll for place, normal in zip(places, normals, strict=True)]
    return np.asarray(np.linalg.solve(np.array([sums, rolls]), np.array([force @ mean, moment @ roll])))


def test_no_pad_and_no_sum_gets_through_above_its_limit() -> None:
    rng, pick = np.random.default_rng(SEED), Pick(SEED)
    approved = lowered = stopped = 0
    for joints in (6, 7):
        batch = arms(rng, COUNT // 2, joints)
        batch.senses[:] = CALM
        for first in range(0, COUNT // 2, SESSION):
            bounds = _limits(pick, joints)
            gate, turn, share = Gate(bounds, 1e-3), Rotation.random(random_state=rng), 1.0
            own, stroke = bounds.strokes[0].pads, bounds.strokes[0]
            for k in range(first, first + SESSION):
                command, reference, normals = _two(pick, batch, k, turn, rng)
                _, state, _ = case(batch, k, command.contact, 1e-3 * k)
                judged = gate.judge(command, state, reference, 1e-3 * k)
                if judged.stop is not None:
                    stopped += 1
                    break
                approved, lowered = approved + 1, lowered + bool(judged.limited)
                is_touching = command.contact in {ContactState.WORK, ContactState.CONTACT}
                allowed = [
                    min(max(min(pad.target_n, of.target_n), 0.0) + share * of.margin_n, of.ceiling_n)
                    if is_touching
                    else min(bounds.free_press_n, of.ceiling_n)
                    for pad, of in zip(command.pads, own, strict=True)
                ]
                together = min(sum(allowed), stroke.sum_n, 1e9 if is_touching else bounds.free_press_n)
                tau = np.array(judged.command.tau_nm)
                wrench = np.array(command.terms.jbar_t) @ (tau - np.array(command.terms.bias_nm))
                places = [turn.apply(pad.position_t_m) for pad in bounds.pads]
                found = _presses(wrench, normals, places)
                mean = (normals[0] + normals[1]) / np.linalg.norm(normals[0] + normals[1])
                across = wrench[:3] - (wrench[:3] @ mean) * mean
                assert np.all(np.abs(tau) <= bounds.torque_nm)
                assert all(press <= limit + TOLERANCE for press, limit in zip(found, allowed, strict=True)), (k, found)
                assert sum(found) <= together + TOLERANCE, (k, found, together)
                assert np.linalg.norm(across) <= bounds.tangential_n + TOLERANCE
                assert np.linalg.norm(wrench[3:]) <= bounds.moment_nm + TOLERANCE
                share = judged.gain_share
    print(f"two pads: {approved} approved, {lowered} of them lowered, {stopped} stopped")
    assert approved > 0.3 * COUNT
    assert lowered > 0.2 * COUNT
    assert stopped > 0.02 * COUNT

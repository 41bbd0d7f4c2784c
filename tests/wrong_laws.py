"""A control law that goes wrong in mid stroke: random torques, wrong rigid-body terms, lies about all that it believes.

What goes wrong is drawn by a seed. The law works as it should until ``begin`` is called, and again ``ticks`` later.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from controller.law.impedance_force import ImpedanceForceLaw
from controller.session_parts import SessionParts
from controller.types import ArmState, Command, ContactState, Matrix, PadEstimate, Reference, ToolTerms, Vector

Array = NDArray[np.float64]
SCALES = (0.0, 1.0 / 3.0, -1.0, 3.0, 10.0)
LIE_SHARE = 0.4
"""How often each of the beliefs is a lie."""
SPEED_M_S = 0.55
"""Speed that a lie may come to: a little more stops the session by itself."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What goes wrong in one sequence.

    Attributes:
        torque: kind of the torques.
        lies: kind of lie about each belief; what is not in it is told as it is.
    """

    torque: str
    lies: dict[str, str]

    def __str__(self) -> str:
        """Return it in words."""
        return " ".join([self.torque, *(f"{what}:{kind}" for what, kind in self.lies.items())])


TORQUES = (
    "own", "own", "extra", "extra", "toward", "toward", "pumping", "pumping", "white", "held", "growing", "bang-bang",
    "limits",
)  # fmt: skip
"""Random torques of joints are soon too fast; pushes last longer and come more often."""
LIES: dict[str, tuple[str, ...]] = {
    "jacobian": ("scaled", "turned", "mixed"),
    "jbar": ("scaled", "turned", "mixed"),
    "bias": ("scaled", "shifted", "drifting"),
    "speed": ("zero", "opposite", "scaled", "outward", "sawtooth", "random", "held"),
    "pose": ("shifted", "lifted", "held"),
    "contact": ("held", "random"),
    "target": ("held", "random"),
    "normal": ("held", "turning"),
    "surface": ("inward", "random", "opposite"),
    "press": ("wanted", "low", "random"),
}


def drawn(rng: np.random.Generator) -> Wrong:
    """Return what goes wrong: any torque with any set of lies, so that a law's own torques are never told rightly."""
    lies = {what: str(rng.choice(kinds)) for what, kinds in LIES.items() if rng.random() < LIE_SHARE}
    return Wrong(str(rng.choice(TORQUES)), lies)


class WrongLaw(ImpedanceForceLaw):
    """A law that can be made to go wrong.

    Args:
        parts: what the session is made from.
    """

    def __init__(self, parts: SessionParts) -> None:
        super().__init__(parts.robot, parts.gains, parts.settings, parts.rig.dt_s, parts.rig.drive_lag_s)
        self._dt_s = parts.rig.dt_s
        self._most = np.array(parts.limits.torque_nm)
        self._cosine = parts.limits.axis_cosine
        self._left = 0
        self._tick = 0

    def begin(self, seed: int, ticks: int) -> Wrong:
        """Go wrong from the next tick on, for so many ticks; return what goes wrong."""
        self._rng = rng = np.random.default_rng(seed)
        self._wrong, self._left, self._tick = drawn(rng), ticks, 0
        self._held: dict[str, object] = {}
        self._period = int(rng.integers(10, 250))
        # Small ones last, large ones are found out at once.
        self._size = float(np.exp(rng.uniform(np.log(0.01), np.log(1.5))))
        return self._wrong

    def step(self, state: ArmState, reference: Reference) -> Command:
        """Return the command of a tick, right or wrong."""
        right = super().step(state, reference)
        if self._left == 0:
            return right
        self._left -= 1
        self._tick += 1
        torque = self._torque(right)
        told = {name: self._keep(name, lambda n=name: self._rng.uniform(-1.0, 1.0, 8)) for name in LIES}
        return self._told(replace(right, tau_nm=tuple(torque.tolist())), reference, told)

    def _keep(self, name: str, make: Callable[[], Array]) -> Array:
        """Return what was drawn for a name once."""
        found = self._held.setdefault(name, make())
        assert isinstance(found, np.ndarray)
        return found

    def _torque(self, right: Command) -> Array:
        rng, most, bias = self._rng, self._most, np.array(right.terms.bias_nm)
        share, kind = min(1.0, self._tick / 300.0), self._wrong.torque
        held = self._keep("torque", lambda: rng.uniform(-1.0, 1.0, len(most)))
        sign = 1.0 if (self._tick // self._period) % 2 else -1.0
        if kind == "own":
            return np.array(right.tau_nm)
        if kind == "white":
            return bias + self._size * most * rng.uniform(-1.0, 1.0, len(most))
        if kind == "held":
            return bias + self._size * most * held
        if kind == "growing":
            return bias + 2.0 * self._size * share * most * held
        if kind == "bang-bang":
            return bias + self._size * sign * most * np.sign(held)
        if kind == "limits":
            return most * np.sign(held)
        jacobian_t, inward = np.array(right.terms.jacobian)[:3].T, -np.array(right.pads[0].normal_w)
        force_n = 100.0 * self._size
        if kind == "extra":
            return np.asarray(np.array(right.tau_nm) + jacobian_t @ (share * force_n * inward))
        way = inward if kind == "toward" or sign > 0.0 else -inward
        return np.asarray(bias + jacobian_t @ (force_n * way + 0.2 * force_n * held[:3]))

    def _told(self, command: Command, reference: Reference, drawn: dict[str, Array]) -> Command:
        lies, rng, (pad,) = self._wrong.lies, self._rng, command.pads
        terms = command.terms
        normal = np.array(reference.pads[0].normal_w)
        if "target" in lies:
            pad = replace(
                pad, target_n=30.0 * (1.0 + (drawn["target"][0] if lies["target"] == "held" else rng.uniform(-1, 1)))
            )
        if "press" in lies:
            told = {"wanted": pad.target_n, "low": 2.0, "random": float(rng.uniform(0.0, 28.0))}[lies["press"]]
            pad = replace(pad, press_n=min(told, 28.0), observer_n=min(told, 28.0), is_sensor_trusted=True)
        if "normal" in lies:
            turn = (
                drawn["normal"][:3]
                if lies["normal"] == "held"
                else np.array([math.sin(0.05 * self._tick), math.cos(0.05 * self._tick), 0.0])
            )
            pad = self._tilted(pad, normal, turn)
        if "contact" in lies:
            states = tuple(ContactState)
            index = drawn["contact"][0] if lies["contact"] == "held" else rng.uniform(-1.0, 1.0)
            command = replace(command, contact=states[int(0.5 * (1.0 + index) * len(states)) % len(states)])
        if "surface" in lies:
            way = {"inward": -normal, "opposite": np.array(terms.v_wt[:3]), "random": drawn["surface"][:3]}
            x, y, z = (SPEED_M_S * way[lies["surface"]]).tolist()
            command = replace(command, surface_velocity_w=(x, y, z))
        return replace(command, pads=(pad,), terms=self._terms(terms, normal, drawn), plan_error_m=0.0)

    def _tilted(self, pad: PadEstimate, normal: Array, turn: Array) -> PadEstimate:
        """Return a pad whose axis is turned by nearly as much as the gate allows."""
        across = turn - normal * float(normal @ turn)
        across /= float(np.linalg.norm(across)) or 1.0
        cosine = self._cosine + 1e-6
        x, y, z = (cosine * normal + math.sqrt(1.0 - cosine * cosine) * across).tolist()
        return replace(pad, normal_w=(x, y, z))

    def _terms(self, terms: ToolTerms, normal: Array, drawn: dict[str, Array]) -> ToolTerms:
        lies = self._wrong.lies
        if "jacobian" in lies:
            terms = replace(terms, jacobian=self._matrix(terms.jacobian, lies["jacobian"], drawn["jacobian"]))
        if "jbar" in lies:
            terms = replace(terms, jbar_t=self._matrix(terms.jbar_t, lies["jbar"], drawn["jbar"]))
        if "bias" in lies:
            terms = replace(terms, bias_nm=self._bias(terms.bias_nm, lies["bias"], drawn["bias"]))
        if "speed" in lies:
            speed = self._speed(np.array(terms.v_wt), lies["speed"], normal, drawn["speed"])
            a, b, c, d, e, f = speed.tolist()
            terms = replace(terms, v_wt=(a, b, c, d, e, f))
        if "pose" in lies:
            kind, place = lies["pose"], np.array(terms.p_wt)
            place = {
                "shifted": place + 0.04 * drawn["pose"][:3],
                "lifted": place + 0.05 * normal,
                "held": self._keep("place", place.copy),
            }[kind]
            x, y, z = place.tolist()
            terms = replace(terms, p_wt=(x, y, z))
        return terms

    def _matrix(self, rows: Matrix, kind: str, drawn: Array) -> Matrix:
        matrix = np.array(rows)
        if kind == "scaled":
            matrix = SCALES[int(2.5 * (1.0 + drawn[0])) % 5] * matrix
        elif kind == "turned":
            turn, _ = np.linalg.qr(np.outer(drawn[:6], drawn[1:7]) + np.diag(drawn[:6] + 1.5))
            matrix = turn @ matrix
        else:
            matrix = matrix + 0.5 * np.abs(matrix).max() * np.sin(
                np.outer(10.0 * drawn[:6], np.arange(matrix.shape[1]))
            )
        return [list(row) for row in matrix.tolist()]

    def _bias(self, bias_nm: Vector, kind: str, drawn: Array) -> Vector:
        bias, n = np.array(bias_nm), len(bias_nm)
        if kind == "scaled":
            bias = SCALES[int(2.5 * (1.0 + drawn[0])) % 5] * bias
        else:
            grown = 1.0 if kind == "shifted" else self._tick / 250.0
            bias = bias + 0.3 * grown * self._most * np.resize(drawn, n)
        return tuple(bias.tolist())

    def _speed(self, twist: Array, kind: str, normal: Array, drawn: Array) -> Array:
        if kind in {"zero", "opposite", "scaled"}:
            return {"zero": 0.0, "opposite": -1.0, "scaled": 3.0 * float(drawn[0])}[kind] * twist
        if kind == "held":
            return self._keep("twist", twist.copy)
        if kind == "random":
            return SPEED_M_S / math.sqrt(3.0) * self._rng.uniform(-1.0, 1.0, 6)
        period = self._period
        share = 1.0 if kind == "outward" else 2.0 * (self._tick % period) / period - 1.0
        return np.concatenate([SPEED_M_S * share * normal, twist[3:]])


class WrongParts(SessionParts):
    """Parts of a session whose law can be made to go wrong."""

    __slots__ = ()

    @classmethod
    def like(cls, parts: SessionParts) -> WrongParts:
        """Return the same parts with such a law."""
        return cls(*[getattr(parts, field.name) for field in fields(parts)])

    def law(self) -> WrongLaw:
        """Return a fresh one."""
        return WrongLaw(self)

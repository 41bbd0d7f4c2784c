"""How a wrench is shared out between pads, against forces that were put together by hand."""

import dataclasses
import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from controller.safety import pads
from controller.safety.projection import static_force, tool_wrench
from controller.types import Cause, Limited, PadReference, Vector3
from tests.gate_cases import TWO_PADS, UP, command, terms, torque

ARM = terms(np.random.default_rng(31), velocity=(0.1, -0.2, 0.3, 0.4, 0.5, 0.6))
NAN = math.nan
TILTED: Vector3 = (0.48, -0.6, 0.64)


def _unit(rng: np.random.Generator) -> np.ndarray:
    vector = rng.normal(size=3)
    return vector / np.linalg.norm(vector)


def _ridge(rng: np.random.Generator) -> tuple[tuple[pads.PadAxis, pads.PadAxis], np.ndarray, np.ndarray]:
    """Return two pads on both sides of a random ridge, their mean normal and the direction along the ridge."""
    mean, line = _unit(rng), _unit(rng)
    along = np.cross(mean, line)
    along /= np.linalg.norm(along)
    lean = Rotation.from_rotvec(rng.uniform(0.0, 0.5) * along)
    yaw = Rotation.from_rotvec(rng.uniform(0.0, 0.3) * _unit(rng))
    normals = [lean.apply(mean), lean.inv().apply(mean)]
    normals[0] = yaw.apply(normals[0])
    middle = rng.normal(scale=0.02, size=3)
    half = 0.035 * np.cross(along, mean) + rng.normal(scale=0.004, size=3)
    axes = tuple(
        (tuple(normal.tolist()), tuple((middle + sign * half).tolist()))
        for sign, normal in zip((-1.0, 1.0), normals, strict=True)
    )
    return axes, np.sum(normals, axis=0), half  # type: ignore[return-value]


@pytest.mark.parametrize("seed", range(30))
def test_two_forces_come_back_whatever_acts_beside_them(seed: int) -> None:
    """Force across the mean normal at the middle of the pads, and moments that are no roll, press no pad."""
    rng = np.random.default_rng(seed)
    axes, mean, half = _ridge(rng)
    # No tool has a pad whose normal lies beyond the line of the pads: another ridge is drawn then.
    while any(np.cross(half, normal) @ np.cross(half, mean) <= 0.0 for normal, _ in axes):
        axes, mean, half = _ridge(rng)
    presses = rng.uniform(-30.0, 60.0, 2)
    wrench = np.zeros(6)
    for press, (normal, lever) in zip(presses, axes, strict=True):
        force = -press * np.array(normal)
        wrench += np.concatenate((force, np.cross(lever, force)))
    across = np.cross(mean, rng.normal(scale=10.0, size=3))
    middle = 0.5 * (np.array(axes[0][1]) + np.array(axes[1][1]))
    roll = np.cross(half, mean)
    moment = np.cross(roll, rng.normal(scale=1e4, size=3))
    wrench += np.concatenate((across, np.cross(middle, across) + moment))
    assert pads.pad_presses(tuple(wrench.tolist()), axes) == pytest.approx(presses, abs=1e-8)


def test_one_pad_takes_what_goes_along_its_normal_to_the_last_bit() -> None:
    tau = torque(ARM, (3.0, -4.0, -12.0, 0.5, -0.6, 0.7))
    one = ((TILTED, (9.0, 9.0, 9.0)),)
    assert pads.pad_presses(tool_wrench(tau, ARM), one) == (static_force(tau, ARM, TILTED)[0],)


def test_two_parallel_pads_share_by_sum_and_roll_moment() -> None:
    axes = ((UP, (0.02, 0.03, 0.0)), (UP, (0.02, -0.03, 0.0)))
    assert pads.pad_presses((5.0, 6.0, -30.0, 0.0, 0.02 * 30.0, 7.0), axes) == pytest.approx((15.0, 15.0))
    assert pads.pad_presses((5.0, 6.0, -30.0, -0.3, 0.02 * 30.0, 7.0), axes) == pytest.approx((20.0, 10.0))
    swapped = (axes[1], axes[0])
    assert pads.pad_presses((5.0, 6.0, -30.0, -0.3, 0.02 * 30.0, 7.0), swapped) == pytest.approx((10.0, 20.0))


@pytest.mark.parametrize(
    "axes",
    [
        ((UP, (0.0, 0.0, 0.0)), (UP, (0.0, 0.0, 0.0))),
        ((UP, (0.0, 0.0, 0.03)), (UP, (0.0, 0.0, -0.03))),
        ((UP, (0.0, 0.0028, 0.03)), (UP, (0.0, -0.0028, -0.03))),
        ((UP, (0.0, 0.03, 0.0)), ((0.0, 0.0, -1.0), (0.0, -0.03, 0.0))),
        (((0.0, 0.0, -1.0), (0.0, 0.03, 0.0)), (UP, (0.0, -0.03, 0.0))),
        (((0.0, 0.8, 0.6), (0.0, 0.03, 0.0)), ((0.0, 0.8, -0.6), (0.0, -0.03, 0.0))),
        (((0.0, -1.0, 0.0), (0.0, 0.03, 0.0)), ((0.0, 0.6, 0.8), (0.0, -0.03, 0.0))),
        (((0.0, 0.6, 0.8), (0.0, 0.03, 0.0)), ((0.0, 1.0, 0.0), (0.0, -0.03, 0.0))),
        (((NAN, 0.0, 1.0), (0.0, 0.03, 0.0)), (UP, (0.0, -0.03, 0.0))),
        ((UP, (0.0, 0.03, 0.0)), (UP, (0.0, NAN, 0.0))),
    ],
)
def test_shares_that_cannot_be_told_are_no_number(axes: tuple[pads.PadAxis, ...]) -> None:
    found = pads.pad_presses((0.0, 0.0, -10.0, 0.1, 0.0, 0.0), axes)
    assert len(found) == 2
    assert all(math.isnan(press) for press in found)


def test_three_pads_are_no_number_and_neither_is_a_wrench_that_is_none() -> None:
    three = ((UP, (0.0, 0.03, 0.0)), (UP, (0.0, -0.03, 0.0)), (UP, (0.03, 0.0, 0.0)))
    assert all(math.isnan(press) for press in pads.pad_presses((0.0,) * 6, three))
    assert len(pads.pad_presses((0.0,) * 6, three)) == 3
    assert pads.pad_presses((0.0,) * 6, ()) == ()
    for k in range(2, 4):
        wrench = tuple(NAN if k == j else 0.0 for j in range(6))
        assert all(math.isnan(press) for press in pads.pad_presses(wrench, three[:2]))


@pytest.mark.parametrize(("sine", "is_known"), [(0.0999, False), (0.1001, True)])
def test_a_line_too_near_to_the_normal_is_not_used(sine: float, is_known: bool) -> None:
    half = (0.0, 0.04 * sine, 0.04 * math.sqrt(1.0 - sine**2))
    axes = ((UP, half), (UP, tuple(-h for h in half)))
    found = pads.pad_presses((0.0, 0.0, -10.0, 0.0, 0.0, 0.0), axes)  # type: ignore[arg-type]
    assert found == (pytest.approx((5.0, 5.0)) if is_known else pytest.approx((NAN, NAN), nan_ok=True))


def test_a_vector_is_turned_as_by_its_rotation_matrix() -> None:
    rng = np.random.default_rng(4)
    for _ in range(20):
        quaternion, vector = Rotation.random(random_state=rng), rng.normal(size=3)
        found = pads.rotated(tuple(quaternion.as_quat().tolist()), tuple(vector.tolist()))
        assert found == pytest.approx(quaternion.apply(vector))
    assert pads.rotated((0.0, 0.0, 0.0, 2.0), (1.0, 2.0, 3.0)) == (4.0, 8.0, 12.0)
    assert pads.cross((1.0, 2.0, 3.0), (5.0, 7.0, 11.0)) == (1.0, 4.0, -3.0)
    assert pads.dot3((1.0, 2.0, 3.0), (5.0, 7.0, 11.0)) == 52.0


def test_axes_are_the_law_s_normals_and_the_levers_of_the_tool_as_it_stands() -> None:
    quaternion = Rotation.from_euler("xyz", (3.0, 0.2, -0.4))
    arm = dataclasses.replace(ARM, quaternion_wt=tuple(quaternion.as_quat().tolist()))
    asked = command(arm, arm.bias_nm)
    two = dataclasses.replace(asked, pads=(asked.pads[0], dataclasses.replace(asked.pads[0], normal_w=TILTED)))
    (first_n, first), (second_n, second) = pads.pad_axes(two, TWO_PADS)
    assert (first_n, second_n) == (UP, TILTED)
    assert first == pytest.approx(quaternion.apply(TWO_PADS[0].position_t_m))
    assert second == pytest.approx(quaternion.apply(TWO_PADS[1].position_t_m))
    with pytest.raises(ValueError, match="zip"):
        pads.pad_axes(asked, TWO_PADS)


def _references(*normals: Vector3) -> tuple[PadReference, ...]:
    return tuple(PadReference(normal, 1.0, 0.0) for normal in normals)


def test_the_press_axis_is_the_mean_of_the_normals() -> None:
    alone = _references(TILTED)
    assert pads.press_axis(alone) is alone[0].normal_w
    mean = np.array(TILTED) + UP
    assert pads.press_axis(_references(TILTED, UP)) == pytest.approx(mean / np.linalg.norm(mean))
    assert all(math.isnan(n) for n in pads.press_axis(_references(TILTED, (-0.48, 0.6, -0.64))))
    assert all(math.isnan(n) for n in pads.press_axis(_references(UP, (NAN, 0.0, 1.0))))
    for half_angle, is_known in ((math.acos(0.1001), True), (math.acos(0.0999), False)):
        side = math.sin(half_angle)
        pair = _references((side, 0.0, math.cos(half_angle)), (-side, 0.0, math.cos(half_angle)))
        assert math.isfinite(sum(pads.press_axis(pair))) is is_known
    exact = _references((0.0, 0.0, 0.1), (0.0, 0.0, 0.1))
    assert pads.press_axis(exact) == (0.0, 0.0, 1.0), "just long enough"


def test_a_pad_moves_with_the_tool_and_turns_with_it() -> None:
    lever = (0.03, -0.02, 0.05)
    expected = np.array(ARM.v_wt[:3]) + np.cross(ARM.v_wt[3:], lever)
    assert pads.pad_velocity(ARM, lever) == pytest.approx(expected)
    skin = (0.02, 0.05, -0.04)
    speed = pads.pad_press_speed(ARM, (TILTED, lever), skin)
    assert speed == pytest.approx(float((np.array(skin) - expected) @ TILTED))


class TestRelieve:
    """Of every pad first, then of both alike."""

    axes = ((UP, (0.0, 0.03, 0.0)), (TILTED, (0.01, -0.03, 0.004)))

    def _tau(self, first_n: float, second_n: float) -> tuple[float, ...]:
        wrench = np.array((1.0, 2.0, 0.0, 0.0, 0.0, 0.1))
        for press, (normal, lever) in zip((first_n, second_n), self.axes, strict=True):
            force = -press * np.array(normal)
            wrench += np.concatenate((force, np.cross(lever, force)))
        return torque(ARM, tuple(wrench.tolist()))

    def _relieved(self, first_n: float, second_n: float, caps: tuple[float, float, float]):  # noqa: ANN202
        tau = self._tau(first_n, second_n)
        before = pads.pad_presses(tool_wrench(tau, ARM), self.axes)
        own = tuple(((cap, Cause.LOADING_RATE), (99.0, Cause.PRESS_LIMIT)) for cap in caps[:2])
        found, limited = pads.relieve(
            tau, ARM, self.axes, own, ((99.0, Cause.PRESS_LIMIT), (caps[2], Cause.PRESS_SPEED))
        )
        after = pads.pad_presses(tool_wrench(found, ARM), self.axes)
        return np.array(after) - before, limited, found is tau

    def test_nothing_too_much_comes_back_as_it_was(self) -> None:
        change, limited, is_same = self._relieved(20.0, 10.0, (25.0, 15.0, 45.0))
        assert (limited, is_same) == ((), True)
        assert not change.any()

    def test_what_is_just_at_its_caps_comes_back_as_it_was(self) -> None:
        first, second = pads.pad_presses(tool_wrench(self._tau(20.0, 10.0), ARM), self.axes)
        change, limited, is_same = self._relieved(20.0, 10.0, (first, second, first + second))
        assert (limited, is_same) == ((), True)
        assert not change.any()

    @pytest.mark.parametrize(
        ("caps", "change", "notes"),
        [
            ((12.0, 35.0, 45.0), (-8.0, 0.0), [(Cause.LOADING_RATE, 12.0)]),
            ((35.0, 4.0, 45.0), (0.0, -6.0), [(Cause.LOADING_RATE, 4.0)]),
            ((35.0, 35.0, 24.0), (-3.0, -3.0), [(Cause.PRESS_SPEED, 24.0)]),
            ((12.0, 35.0, 18.0), (-10.0, -2.0), [(Cause.LOADING_RATE, 12.0), (Cause.PRESS_SPEED, 18.0)]),
            ((35.0, 35.0, -10.0), (-20.0, -20.0), [(Cause.PRESS_SPEED, -10.0)]),
        ],
    )
    def test_what_is_too_much_is_taken_off_where_it_is(
        self, caps: tuple[float, float, float], change: tuple[float, float], notes: list[tuple[Cause, float]]
    ) -> None:
        start = pads.pad_presses(tool_wrench(self._tau(20.0, 10.0), ARM), self.axes)
        shift = np.array(start) - (20.0, 10.0)
        caps = (caps[0] + shift[0], caps[1] + shift[1], caps[2] + sum(shift))
        found, limited, _ = self._relieved(20.0, 10.0, caps)
        assert found == pytest.approx(np.array(change), abs=1e-9)
        assert [(note.cause, note.unit) for note in limited] == [(cause, "N") for cause, _ in notes]
        assert all(isinstance(note, Limited) and note.value > note.allowed for note in limited)

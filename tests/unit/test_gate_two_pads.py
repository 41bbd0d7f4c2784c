"""Two pads at once: their sum, the split of the force between them, and pads that cannot be told apart."""

import dataclasses
import math

import numpy as np
import pytest

from controller.safety import pads
from controller.safety.gate import AUDIT_TOLERANCE, Gate
from controller.safety.limits import PadGeometry, PadLimits, PressLimits
from controller.safety.place_watch import PlaceWatch
from controller.safety.press_bounds import press_bounds
from controller.safety.projection import tool_wrench
from controller.safety.reaction import stop_reason
from controller.safety.tank import TankLimits
from controller.types import (
    Cause,
    Clearance,
    ContactState,
    Limited,
    Mode,
    PadReference,
    Vector3,
)
from tests.gate_cases import (
    DEPTH_M,
    TOOL_DOWN,
    TWO_PADS,
    levers,
    limits,
    reference,
    state,
    torque,
    wait,
)
from tests.pad_cases import ARM, DT_S, LEANING, NAN, OWN, PadCases, around


class TestPadsTogether(PadCases):
    """What two pads have that one has not: a sum, a roll between them, and levers."""

    geometry, normals = TWO_PADS, LEANING

    def test_the_static_sum_is_limited_where_every_pad_is_within_its_own_limit(self) -> None:
        for sum_n, is_lowered in ((24.0 - 1e-3, True), (24.0 + 1e-3, False), (30.0, False)):
            asked = self.command((14.0, 10.0))
            judged = self.judge(self.bounds(sum_n=sum_n), asked)
            assert judged.stop is None
            assert [(note.cause, note.value) for note in judged.limited] == (
                [(Cause.PRESS_LIMIT, pytest.approx(24.0))] if is_lowered else []
            )
            less = 0.5 * max(24.0 - sum_n, 0.0)
            assert self.presses(asked, judged) == pytest.approx([14.0 - less, 10.0 - less], abs=1e-6)
            assert judged.press_n == pytest.approx(min(24.0, sum_n))
            assert judged.press_limit_n == min(sum_n, 23.0 + 14.0)

    def test_off_the_skin_both_pads_share_what_the_tool_may_press(self) -> None:
        asked = self.command((9.0, 9.0), contact=ContactState.FREE)
        judged = self.judge(self.bounds(free_press_n=10.0, damping=1e6), asked)
        assert self.presses(asked, judged) == pytest.approx([5.0, 5.0], abs=1e-6)
        assert judged.press_limit_n == 10.0
        tight = self.judge(self.bounds(free_press_n=10.0, sum_n=6.0, damping=1e6), asked)
        assert tight.press_limit_n == 6.0

    def test_a_roll_moment_alone_presses_one_pad_and_is_limited_though_the_sum_is_nothing(self) -> None:
        for k, limit in enumerate((23.0, 14.0)):
            asked = self.command(self.one(k, 60.0, -60.0))
            judged = self.judge(self.bounds(), asked)
            assert judged.stop is None
            assert judged.limited == (Limited(Cause.PRESS_LIMIT, pytest.approx(60.0), limit, "N"),)
            assert self.presses(asked, judged) == pytest.approx(self.one(k, limit, -60.0), abs=1e-6)

    def test_both_pads_over_their_limits_and_the_sum_over_its_own_are_lowered_to_all_three(self) -> None:
        asked = self.command((50.0, 40.0))
        judged = self.judge(self.bounds(sum_n=31.0), asked)
        assert [note.allowed for note in judged.limited] == pytest.approx([23.0, 14.0, 31.0])
        assert self.presses(asked, judged) == pytest.approx([20.0, 11.0], abs=1e-6)

    def test_a_measured_sum_over_its_trip_stops_where_no_pad_does(self) -> None:
        for press, is_over in around(24.0):
            if not math.isfinite(press):
                continue
            asked = self.command(press_n=(12.0, press - 12.0), observer_n=(0.0, 0.0), contact=ContactState.CONTACT)
            total = 12.0 + (press - 12.0)
            stop = self.judge(self.bounds(sum_trip_n=24.0, observer_margin_n=1e3), asked).stop
            assert (stop is not None) is (total > 24.0)
            assert is_over or stop is None
            if stop is not None and press < 30.0:
                assert (stop.cause, stop.limit) == (Cause.TOOL_FORCE, "measured press force of all pads")
                assert (stop.value, stop.allowed, stop.unit) == (total, 24.0, "N")

    def test_an_observed_sum_over_trip_and_margin_stops_where_no_pad_does(self) -> None:
        for press, is_over in ((19.0, False), (math.nextafter(19.0, 99.0), True), (19.5, True)):
            asked = self.command(press_n=(12.0, 12.0), observer_n=(12.0, press))
            stop = self.judge(self.bounds(sum_trip_n=24.0, observer_margin_n=7.0, implausible_ticks=9), asked).stop
            assert (stop is not None) is is_over
            if stop is not None:
                assert (stop.cause, stop.limit) == (Cause.TOOL_FORCE, "press force of all pads by joint torques")
                assert (stop.allowed, stop.unit) == (31.0, "N")

    def test_a_tool_that_rolls_lowers_the_pad_that_comes_nearer_and_the_sum(self) -> None:
        for k, roll in enumerate((2.0, -2.0)):
            rolling = dataclasses.replace(ARM, v_wt=(0.0, 0.0, 0.0, roll, 0.0, 0.0))
            lever = levers(self.geometry)[k]
            speed = -float(np.cross((roll, 0.0, 0.0), lever) @ self.normals[k])
            assert speed == pytest.approx(0.07, rel=0.1), "toward the body"
            own = [PadLimits(60.0, 40.0, 3.0, 90.0, DEPTH_M)] * 2
            bounds = self.bounds(own, damping=500.0, press_speed_m_s=0.02)
            one = self.command(self.one(k, 60.0, -60.0), arm=rolling, target_n=(40.0, 40.0))
            judged = self.judge(bounds, one)
            assert self.presses(one, judged)[k] == pytest.approx(43.0 + 500.0 * (0.02 - speed), abs=1e-6)
            both = self.command((30.0, 30.0), arm=rolling, target_n=(40.0, 40.0))
            tight = self.judge(self.bounds(own, sum_n=44.0, damping=500.0, press_speed_m_s=0.02), both)
            assert tight.press_n == pytest.approx(44.0 + 500.0 * (0.02 - speed), abs=1e-6)

    def test_no_pad_is_pulled_back_by_itself_and_the_tool_is(self) -> None:
        rolling = dataclasses.replace(ARM, v_wt=(0.0, 0.0, 0.0, 8.0, 0.0, 0.0))
        bounds = self.bounds(press_speed_m_s=0.0, damping=500.0)
        asked = self.command((10.0, -40.0), arm=rolling)
        assert self.presses(asked, self.judge(bounds, asked)) == pytest.approx([0.0, -40.0], abs=1e-6)
        asked = self.command((10.0, 10.0), arm=dataclasses.replace(ARM, v_wt=(0.0, 0.0, -0.4, 0.0, 0.0, 0.0)))
        assert self.judge(bounds, asked).press_n < -39.0

    def test_moment_and_force_across_are_lowered_without_loading_a_pad_over_its_limit(self) -> None:
        rng = np.random.default_rng(3)
        lowered = 0
        for _ in range(200):
            wrench = rng.normal(scale=(20.0, 20.0, 20.0, 2.0, 2.0, 2.0))
            asked = dataclasses.replace(self.command(), tau_nm=torque(ARM, tuple(wrench.tolist())))
            judged = self.judge(self.bounds(tangential_n=4.0, moment_nm=0.3, sum_n=25.0), asked)
            assert judged.stop is None
            found = self.presses(asked, judged)
            assert found[0] <= 23.0 + 1e-6
            assert found[1] <= 14.0 + 1e-6
            assert sum(found) <= 25.0 + 1e-6
            force, moment = np.split(np.array(tool_wrench(judged.command.tau_nm, ARM)), 2)
            mean = np.sum(self.normals, axis=0) / np.linalg.norm(np.sum(self.normals, axis=0))
            assert np.linalg.norm(force - (force @ mean) * mean) <= 4.0 + 1e-6
            assert np.linalg.norm(moment) <= 0.3 + 1e-6
            lowered += bool(judged.limited)
        assert lowered > 150

    @pytest.mark.parametrize(
        ("extra", "cause"), [((5.0, 0.0, 0.0), Cause.TANGENTIAL_LIMIT), (None, Cause.MOMENT_LIMIT)]
    )
    def test_force_across_alone_and_moment_alone_are_lowered(
        self, extra: tuple[float, float, float] | None, cause: Cause
    ) -> None:
        beside = np.array((*extra, 0.0, 0.0, 0.0) if extra else (0.0, 0.0, 0.0, 0.0, 0.0, 2.0))
        asked = dataclasses.replace(self.command(), tau_nm=torque(ARM, tuple(beside.tolist())))
        roomy = self.judge(self.bounds(tangential_n=9.0, moment_nm=9.0), asked)
        assert roomy.limited == ()
        tight = {"tangential_n": 4.0, "moment_nm": 9.0} if extra else {"tangential_n": 9.0, "moment_nm": 1.0}
        judged = self.judge(self.bounds(**tight), asked)
        assert [note.cause for note in judged.limited] == [cause]

    def test_torque_limits_keep_the_shares(self) -> None:
        asked = self.command((20.0, 10.0))
        weak = tuple(abs(bias) + 0.5 for bias in ARM.bias_nm)
        judged = self.judge(self.bounds(torque_nm=weak), asked)
        assert [note.cause for note in judged.limited] == [Cause.TORQUE_LIMIT]
        first, second = self.presses(asked, judged)
        assert first == pytest.approx(2.0 * second)

    def test_a_lever_that_is_not_where_the_plan_has_it_stops(self) -> None:
        half, leaned = math.sqrt(0.5), 0.5 * math.acos(0.9)
        cases = (
            ((0.0, 1.0, 0.0, 0.0), "left"), ((half, half, 0.0, 0.0), "left"), ((0.9, 0.0, 0.0, 0.0), "left"),
            ((1.1, 0.0, 0.0, 0.0), "left"), ((NAN, 0.0, 0.0, 0.0), "left"), ((0.0, 0.0, 0.0, 0.0), "left"),
        )  # fmt: skip
        wanted = dataclasses.replace(reference(), pads=tuple(PadReference(normal, 10.0, 0.0) for normal in LEANING))
        bounds = self.bounds(axis_cosine=0.85)
        for wrong, name in cases:
            for in_command in (True, False):
                arm = dataclasses.replace(ARM, quaternion_wt=wrong if in_command else TOOL_DOWN)
                plan = dataclasses.replace(wanted, quaternion_xyzw=TOOL_DOWN if in_command else wrong)
                stop = Gate(bounds, DT_S).judge(self.command(arm=arm), state(), plan, 0.0).stop
                assert stop is not None, wrong
                assert (stop.cause, stop.limit, stop.unit) == (
                    Cause.INTERNAL_ERROR,
                    f"cosine between lever and planned lever, pad {name}",
                    "-",
                )
        exact = dataclasses.replace(bounds, axis_cosine=1.0)
        standing = dataclasses.replace(ARM, quaternion_wt=TOOL_DOWN)
        assert Gate(exact, DT_S).judge(self.command(arm=standing), state(), wanted, 0.0).stop is None
        for share, is_stopped in ((0.99, False), (1.01, True)):
            angle = share * leaned
            turned = dataclasses.replace(ARM, quaternion_wt=(math.cos(angle), math.sin(angle), 0.0, 0.0))
            tight = dataclasses.replace(bounds, axis_cosine=0.9)
            stop = Gate(tight, DT_S).judge(self.command(arm=turned), state(), wanted, 0.0).stop
            assert (stop is not None) is is_stopped, share

    def test_a_pad_that_is_turned_too_fast_stops_and_names_its_speed(self) -> None:
        for k, spin in enumerate((6.0, -6.0)):
            turning = dataclasses.replace(ARM, v_wt=(0.15, 0.0, 0.0, 0.0, 0.0, spin))
            lever = levers(self.geometry)[k]
            speed = float(np.linalg.norm(np.array(turning.v_wt[:3]) + np.cross((0.0, 0.0, spin), lever)))
            other = float(
                np.linalg.norm(np.array(turning.v_wt[:3]) + np.cross((0.0, 0.0, spin), levers(self.geometry)[1 - k]))
            )
            assert other < speed
            for limit, is_stopped in ((speed * (1.0 + 1e-9), False), (speed * (1.0 - 1e-9), True)):
                stop = self.judge(self.bounds(tool_speed_m_s=limit, damping=1e3), self.command(arm=turning)).stop
                assert (stop is not None) is is_stopped
                if stop is not None:
                    assert (stop.cause, stop.limit, stop.unit) == (Cause.TOOL_SPEED, f"speed{self.name(k)}", "m/s")
        for axis in range(3, 6):
            for wrong in (NAN, math.inf):
                v_wt = tuple(wrong if axis == j else 0.0 for j in range(6))
                stop = self.judge(self.bounds(), self.command(arm=dataclasses.replace(ARM, v_wt=v_wt))).stop
                assert stop is not None

    def test_a_pad_at_the_largest_speed_is_let_through(self) -> None:
        turning = dataclasses.replace(ARM, v_wt=(0.15, 0.0, 0.0, 0.0, 0.0, 6.0))
        lever = pads.rotated(turning.quaternion_wt, self.geometry[0].position_t_m)
        speed = math.hypot(*pads.pad_velocity(turning, lever))
        bounds = self.bounds(tool_speed_m_s=speed, damping=1e3)
        assert self.judge(bounds, self.command(arm=turning)).stop is None

    def test_every_pad_and_the_tool_go_by_the_greatest_speed_of_all_motions(self) -> None:
        """The tool rolls, so that one pad sinks, whichever motion shows it; the joint speeds have a slack."""
        bounds, still = self.bounds(damping=500.0), dataclasses.replace(ARM, v_wt=(0.0,) * 6)
        for roll in (2.0, -2.0):
            rolling = dataclasses.replace(ARM, v_wt=(0.0, 0.0, 0.0, roll, 0.0, 0.0))
            for k, motions in enumerate(
                ((rolling,) * 3, (rolling, still, still), (still, rolling, still), (still, still, rolling))
            ):
                found = press_bounds(bounds, bounds.strokes[0], self.command(), motions, 1.0, (0.0, 0.0), 1e6)
                own = [
                    max(
                        pads.pad_press_speed(one, pad.axis, (0.0,) * 3)
                        - (0.02 if one is motions[2] and k == 3 else 0.0)
                        for one in motions
                    )
                    for pad in found.each
                ]
                assert max(own) > 0.02
                for speed, pad in zip(own, found.each, strict=True):
                    expected = max(500.0 * (0.02 + pad.limit_n / 500.0 - speed), 0.0)
                    assert pad.caps[1] == (pytest.approx(expected), Cause.PRESS_SPEED)
                assert found.caps[1][0] == pytest.approx(500.0 * (0.02 + found.limit_n / 500.0 - max(own)))

    def test_a_pad_that_is_too_fast_by_the_corrected_motion_alone_is_too_fast(self) -> None:
        turning = dataclasses.replace(ARM, v_wt=(0.0, 0.0, 0.0, 0.0, 0.0, 60.0))
        wanted = dataclasses.replace(
            reference(), pads=tuple(PadReference(normal, 10.0, 0.0) for normal in self.normals)
        )
        watch, asked = PlaceWatch(self.bounds()), self.command()
        assert watch.axis(asked, ARM, wanted, 0.0) is None
        stop = watch.axis(asked, turning, wanted, 0.0)
        assert stop is not None
        assert stop.cause is Cause.TOOL_SPEED

    def test_the_audit_of_a_pad_holds_limits_below_a_newton_and_lets_through_what_is_at_them(self) -> None:
        gate = Gate(self.bounds(), DT_S)
        stroke = gate.limits.strokes[0]
        found = press_bounds(gate.limits, stroke, self.command(), (ARM, ARM, ARM), 1.0, (0.0, 0.0), 1e6)
        for k in range(2):
            for limit in (-1.0, 0.0, 0.4):
                each = tuple(pad._replace(limit_n=limit if k == j else 50.0) for j, pad in enumerate(found.each))
                bounds = found._replace(each=each)
                allowed = max(limit, 0.0) + AUDIT_TOLERANCE
                calm = (0.0, 0.0, 0.0)
                at_it = tuple(allowed if k == j else 0.0 for j in range(2))
                over = tuple(math.nextafter(allowed, 1.0) if k == j else 0.0 for j in range(2))
                assert gate._audit(calm, at_it, bounds, 0.0) is None
                stop = gate._audit(calm, over, bounds, 0.0)
                assert stop is not None
                assert stop.limit == f"audited static press force, pad {self.geometry[k].name}"

    def test_shares_that_cannot_be_told_apart_stop(self) -> None:
        opposed = ((0.0, -1.0, 0.0), (0.0, 1.0, 0.0))
        wanted = dataclasses.replace(reference(), pads=tuple(PadReference(normal, 10.0, 0.0) for normal in opposed))
        stop = Gate(self.bounds(), DT_S).judge(self.command(normals=opposed), state(), wanted, 0.0).stop
        assert stop is not None
        assert stop.cause is Cause.INTERNAL_ERROR
        assert stop.limit.startswith("audited static")
        along = dataclasses.replace(
            self.command(),
            pads=tuple(dataclasses.replace(pad, normal_w=(0.0, 1.0, 0.0)) for pad in self.command().pads),
        )
        plan = dataclasses.replace(wanted, pads=(PadReference((0.0, 1.0, 0.0), 10.0, 0.0),) * 2)
        stop = Gate(self.bounds(), DT_S).judge(along, state(), plan, 0.0).stop
        assert stop is not None
        assert stop.cause is Cause.INTERNAL_ERROR

    def test_the_audit_names_the_pad_that_would_be_pressed_too_hard(self) -> None:
        """A rigid-body map that is not one any more: what the gate lowers does not come out lowered."""
        gate = Gate(self.bounds(), DT_S)
        bounds = press_bounds(
            gate.limits, gate.limits.strokes[0], self.command(), (ARM, ARM, ARM), 1.0, (0.0, 0.0), 1e6
        )
        for k, limit in enumerate((23.0, 14.0)):
            presses = tuple(limit if j == k else 0.0 for j in range(2))
            assert gate._audit((limit, 0.0, 0.0), presses, bounds, 0.5) is None
            for press in (limit + 2e-6, math.inf, NAN):
                presses = tuple(press if j == k else 0.0 for j in range(2))
                reason = gate._audit((limit, 0.0, 0.0), presses, bounds, 0.5)
                assert reason is not None
                assert (reason.cause, reason.limit) == (
                    Cause.INTERNAL_ERROR,
                    f"audited static press force{self.name(k)}",
                )
                assert (reason.allowed, reason.unit, reason.t_s) == (pytest.approx(limit + 1e-6, abs=1e-12), "N", 0.5)
        below = [PadLimits(40.0, -20.0, 3.0, 30.0, DEPTH_M)] * 2
        gate = Gate(self.bounds(below), DT_S)
        pulled = press_bounds(
            gate.limits, gate.limits.strokes[0], self.command(), (ARM, ARM, ARM), -1.0, (0.0, 0.0), 1e6
        )
        assert pulled.each[0].limit_n == -3.0
        assert gate._audit((0.0, 0.0, 0.0), (0.0, 0.0), pulled, 0.5) is None, "at rest is always allowed"

    def test_the_tank_counts_the_work_of_every_pad(self) -> None:
        """The first pad goes in with 2 N over its target, the second comes out with 2 N under: both spend."""
        rolling = dataclasses.replace(ARM, v_wt=(0.0, 0.0, 0.0, 0.5, 0.0, 0.0))
        first, second = (
            -float(np.cross((0.5, 0.0, 0.0), lever) @ normal)
            for lever, normal in zip(levers(self.geometry), LEANING, strict=True)
        )
        spent = (2.0 * first - 2.0 * second) * DT_S
        assert spent > 0.0
        asked = self.command((22.0, 8.0), arm=rolling)
        for contact, is_counted in ((ContactState.WORK, True), (ContactState.FREE, False)):
            for capacity, is_halved in ((spent * 1.001, False), (spent * 0.999, True)):
                bounds = self.bounds(
                    press_speed_m_s=1.0, free_press_speed_m_s=1.0, free_press_n=90.0, tank=TankLimits(capacity, 0.0, 3)
                )
                judged = self.judge(bounds, dataclasses.replace(asked, contact=contact))
                assert judged.limited == ()
                assert judged.gain_share == (0.5 if is_halved and is_counted else 1.0)
                assert judged.press_n == pytest.approx(30.0)

    def test_the_room_over_the_target_shrinks_with_what_the_tank_has_left(self) -> None:
        gate = Gate(self.bounds(press_speed_m_s=1.0, tank=TankLimits(1e-9, 0.0, 3)), DT_S)
        falling = dataclasses.replace(ARM, v_wt=(0.0, 0.0, -0.01, 0.0, 0.0, 0.0))
        asked = self.command((60.0, 60.0), arm=falling)
        assert self.presses(asked, self.judge(gate.limits, asked, gate)) == pytest.approx([23.0, 14.0], abs=1e-6)
        asked = self.command((60.0, 60.0), arm=falling)
        judged = self.judge(gate.limits, asked, gate, 1e-3)
        assert self.presses(asked, judged) == pytest.approx([21.5, 12.0], abs=1e-6)

    def test_a_stopped_tool_leaves_along_the_mean_of_the_planned_normals(self) -> None:
        gate = Gate(self.bounds(), DT_S)
        self.judge(gate.limits, self.command(), gate)
        gate.stop(stop_reason(Cause.OPERATOR, "-", 1.0, 0.0, "-", 0.0))
        asked = self.command((20.0, 10.0))
        wait(gate, ARM, 0.2, dt_s=DT_S)
        judged = self.judge(gate.limits, asked, gate, 0.2 + DT_S)
        assert judged.mode is Mode.UNLOAD
        mean = np.sum(LEANING, axis=0)
        pull = np.array(tool_wrench(judged.command.tau_nm, ARM)[:3])
        assert pull == pytest.approx(15.0 * mean / np.linalg.norm(mean), abs=1e-6)
        gate.clear(Clearance.OPERATOR)
        slow = dataclasses.replace(gate.limits, loading_rate_n_per_s=1000.0)
        again = Gate(slow, DT_S)
        assert self.judge(slow, asked, again).press_n == pytest.approx(1.0)
        assert self.judge(slow, asked, again).press_n == pytest.approx(2.0)
        again.stop(stop_reason(Cause.OPERATOR, "-", 1.0, 0.0, "-", 0.0))
        again.clear(Clearance.OPERATOR)
        assert self.judge(slow, asked, again).press_n == pytest.approx(1.0), (
            "a cleared gate has forgotten the last forces"
        )

    def test_an_approach_counts_its_way_along_the_mean_normal(self) -> None:
        sinking = dataclasses.replace(ARM, v_wt=(0.0, 0.0, -0.25, 0.0, 0.0, 0.0))
        mean = np.sum(LEANING, axis=0)
        way = 0.25 * 0.5 * mean[2] / float(np.linalg.norm(mean))
        for descent, is_stopped in ((way * 1.001, False), (way * 0.999, True)):
            gate = Gate(self.bounds(descent_m=descent), DT_S)
            for t_s in (1.0, 1.5):
                asked = self.command(arm=sinking, contact=ContactState.APPROACH)
                stop = self.judge(gate.limits, asked, gate, t_s).stop
            assert (stop is not None) is is_stopped


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ((), "got 0 pads; allowed: 1 to 2"),
        (((0.0, 0.01, 0.0), (0.0, 0.0, 0.0), (0.0, -0.01, 0.0)), "got 3 pads; allowed: 1 to 2"),
        (((0.0, 0.0, 0.001),), r"got one pad at \(0.0, 0.0, 0.001\) m of T; allowed: one at its origin"),
        (((0.0, 0.0, 0.0), (0.0, 0.0, 0.0049)), "got two pads 0.0049 m apart; allowed: at least 0.005 m"),
        (((0.0, 0.0, 0.0), (0.0, 0.0, NAN)), "got two pads nan m apart; allowed: at least 0.005 m"),
    ],
)
def test_pads_that_one_wrist_sensor_cannot_tell_apart_are_no_limits(places: tuple[Vector3, ...], said: str) -> None:
    geometry = tuple(PadGeometry("pad", place, 6e-4) for place in places)
    with pytest.raises(ValueError, match=f"^{said}$"):
        limits(pads=geometry, strokes=())


def test_two_pads_just_far_enough_apart_and_strokes_for_them_are_limits() -> None:
    geometry = (PadGeometry("a", (0.0, 0.0, 0.0), 6e-4), PadGeometry("b", (0.0, 0.005, 0.0), 6e-4))
    assert limits(pads=geometry, strokes=()).pads == geometry
    for count in (0, 1, 3):
        strokes = (PressLimits((OWN[0],) * count, 90.0, 90.0, 1000.0),)
        with pytest.raises(ValueError, match=rf"^got strokes with limits for \[{count}\] pads; allowed: 2$"):
            limits(pads=geometry, strokes=strokes)

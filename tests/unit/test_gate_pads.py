"""Every limit of a pad, alone and in sum, at and around its value, for tools with one pad and with two."""

import dataclasses
import math

import pytest

from controller.safety.gate import Gate
from controller.safety.limits import PadLimits
from controller.types import (
    Cause,
    ContactState,
    PadReference,
)
from tests.gate_cases import (
    DEPTH_M,
    ONE_PAD,
    TWO_PADS,
    UP,
    reference,
    state,
)
from tests.pad_cases import ARM, DT_S, LEANING, NAN, OWN, PadCases, around


class Trips(PadCases):
    """What is measured of a pad, against its own limit."""

    def test_a_measured_press_force_over_the_trip_of_its_pad_stops(self) -> None:
        for k in range(self.count):
            for press, is_over in around(OWN[k].trip_n):
                asked = self.command(
                    press_n=self.one(k, press, 5.0), observer_n=self.one(k, 10.0, 5.0), contact=ContactState.CONTACT
                )
                stop = self.judge(self.bounds(implausible_ticks=9), asked).stop
                assert (stop is not None) is is_over, (k, press)
                if stop is not None:
                    assert (stop.cause, stop.limit, stop.allowed) == (
                        Cause.PAD_FORCE,
                        f"measured press force{self.name(k)}",
                        OWN[k].trip_n,
                    )

    def test_an_observed_press_force_over_trip_and_margin_of_its_pad_stops(self) -> None:
        for k in range(self.count):
            allowed = OWN[k].trip_n + 7.0
            for press, is_over in around(allowed):
                asked = self.command(observer_n=self.one(k, press, 10.0))
                stop = self.judge(self.bounds(observer_margin_n=7.0, implausible_ticks=9), asked).stop
                assert (stop is not None) is is_over, (k, press)
                if stop is not None:
                    assert (stop.cause, stop.limit, stop.allowed) == (
                        Cause.PAD_FORCE,
                        f"press force by joint torques{self.name(k)}",
                        allowed,
                    )

    def test_a_mean_pressure_over_the_ceiling_stops_by_the_area_of_its_pad(self) -> None:
        for k in range(self.count):
            for press, is_over in around(16.0):
                bounds = self.bounds(pressure_pa=16.0 / self.geometry[k].area_m2, observer_margin_n=1e3)
                asked = self.command(press_n=self.one(k, press, 1.0), contact=ContactState.CONTACT)
                stop = self.judge(bounds, asked).stop
                assert (stop is not None) is is_over, (k, press)
                if stop is not None and math.isfinite(press) and press < OWN[k].trip_n:
                    assert (stop.cause, stop.limit) == (Cause.PRESSURE, f"mean pressure under the pad{self.name(k)}")

    def test_a_pad_off_the_skin_for_long_stops_and_each_has_its_own_time(self) -> None:
        for k in range(self.count):
            gate = Gate(self.bounds(contact_lost_n=1.0, contact_lost_s=0.25, observer_margin_n=1e3), DT_S)
            stops = []
            for t_s, press in (
                (0.0, 0.5),
                (0.25, 0.5),
                (0.5, 1.0),
                (2.5, 0.5),
                (2.75, NAN if k > 1 else 0.5),
                (2.875, 0.5),
            ):
                asked = self.command(press_n=self.one(k, press, 5.0))
                stops.append(self.judge(gate.limits, asked, gate, t_s).stop)
            assert stops[:-1] == [None] * 5
            assert stops[-1] is not None
            assert (stops[-1].cause, stops[-1].limit, stops[-1].value) == (
                Cause.CONTACT_LOST,
                f"time without the skin in a stroke{self.name(k)}",
                0.375,
            )

    def test_pads_that_lose_the_skin_in_turn_are_not_added_up(self) -> None:
        gate = Gate(self.bounds(contact_lost_s=0.25, observer_margin_n=1e3), DT_S)
        for tick in range(72):
            # of two, now one and then the other, each a sixth of the time
            lost = (tick % 6) // 3 if tick % 3 == 0 else self.count
            asked = self.command(press_n=self.one(lost, 0.5, 5.0) if lost < self.count else [5.0] * self.count)
            assert self.judge(gate.limits, asked, gate, 0.25 * tick).stop is None

    def test_a_pad_whose_sensor_is_distrusted_counts_for_the_tool(self) -> None:
        for k in range(self.count):
            for values in (
                {"is_sensor_trusted": self.one(k, False, True)},
                {"press_n": self.one(k, 9.0, 9.0), "observer_n": self.one(k, 12.1, 9.0)},
            ):
                bounds = self.bounds(implausible_ticks=1, observer_margin_n=3.0)
                stop = self.judge(bounds, self.command(**values)).stop
                assert stop is not None
                assert stop.cause is Cause.SENSOR_IMPLAUSIBLE
        calm = self.command(press_n=[9.0] * self.count, observer_n=[12.0] * self.count)
        assert self.judge(self.bounds(implausible_ticks=1, observer_margin_n=3.0), calm).stop is None

    def test_a_press_axis_far_from_the_planned_one_or_no_unit_vector_stops(self) -> None:
        for k in range(self.count):
            for wrong in ((0.0, 0.6, 0.8), (0.0, 0.0, -1.0), (0.0, 0.0, 1.01), (0.0, 0.0, 0.0), (NAN, 0.0, 1.0)):
                normals = [wrong if k == other else normal for other, normal in enumerate(self.normals)]
                stop = self.judge(self.bounds(axis_cosine=0.9), self.command(normals=normals)).stop
                assert stop is not None, (k, wrong)
                assert (stop.cause, stop.limit) == (
                    Cause.INTERNAL_ERROR,
                    f"cosine between press axis and planned normal{self.name(k)}",
                )

    def test_a_pad_too_few_or_too_many_stops(self) -> None:
        whole = self.command()
        wanted = tuple(PadReference(normal, 10.0, 0.0) for normal in self.normals)
        for had, planned, found in (
            (whole.pads[:-1], wanted, self.count - 1), ((*whole.pads, whole.pads[0]), wanted, self.count + 1),
            (whole.pads, wanted[:-1], self.count - 1), (whole.pads, (*wanted, wanted[0]), self.count + 1),
            (whole.pads[:-1], wanted[:-1], self.count - 1),
        ):  # fmt: skip
            asked, plan = dataclasses.replace(whole, pads=had), dataclasses.replace(reference(), pads=planned)
            stop = Gate(self.bounds(), DT_S).judge(asked, state(), plan, 0.0).stop
            assert stop is not None
            assert (stop.cause, stop.limit, stop.value, stop.allowed, stop.unit) == (
                Cause.INTERNAL_ERROR,
                "pads of command and reference",
                found,
                self.count,
                "pads",
            )


class Caps(PadCases):
    """What a pad may be pressed with by the torques that go out."""

    @pytest.mark.parametrize(
        "contact", [ContactState.WORK, ContactState.CONTACT, ContactState.APPROACH, ContactState.FREE]
    )
    def test_a_static_press_force_is_lowered_to_the_limit_of_its_pad(self, contact: ContactState) -> None:
        is_touching = contact in (ContactState.WORK, ContactState.CONTACT)
        for k in range(self.count):
            limit = OWN[k].target_n + OWN[k].margin_n if is_touching else 9.0
            for press in (-limit, 0.0, 0.5 * limit, limit - 1e-9, limit + 1e-9, limit + 1e-3, 3.0 * limit):
                # The other pad pulls, so that the sum never reaches a limit of its own.
                asked = self.command(self.one(k, press, -0.5 * max(press, 0.0)), contact=contact)
                judged = self.judge(self.bounds(free_press_n=9.0, damping=1e6), asked)
                assert judged.stop is None
                found = self.presses(asked, judged)
                assert found[k] == pytest.approx(min(press, limit), abs=1e-6)
                causes = [note.cause for note in judged.limited]
                assert causes == ([Cause.PRESS_LIMIT] if press > limit else []), (k, press)

    def test_target_margin_and_ceiling_are_those_of_the_pad(self) -> None:
        for k in range(self.count):
            for change, limit in (
                ({"target_n": 6.0}, 6.0 + OWN[k].margin_n),
                ({"margin_n": 1.0}, OWN[k].target_n + 1.0),
                ({"ceiling_n": 7.0}, 7.0),
            ):
                own = [dataclasses.replace(pad, **change) if j == k else pad for j, pad in enumerate(OWN[: self.count])]
                asked = self.command(self.one(k, 60.0, 1.0))
                judged = self.judge(self.bounds(own, sum_trip_n=1e3), asked)
                assert self.presses(asked, judged) == pytest.approx(self.one(k, limit, 1.0), abs=1e-6)

    def test_a_target_under_the_planned_one_counts_and_one_over_it_does_not(self) -> None:
        for k in range(self.count):
            for target, counted in ((4.0, 4.0), (-3.0, 0.0), (0.0, 0.0), (50.0, OWN[k].target_n)):
                asked = self.command(self.one(k, 60.0, 1.0), target_n=self.one(k, target, 9.0))
                found = self.presses(asked, self.judge(self.bounds(), asked))
                assert found == pytest.approx(self.one(k, counted + OWN[k].margin_n, 1.0), abs=1e-6)

    def test_a_target_that_is_no_number_stops(self) -> None:
        for k in range(self.count):
            for contact in (ContactState.WORK, ContactState.CONTACT):
                stop = self.judge(self.bounds(), self.command(target_n=self.one(k, NAN, 5.0), contact=contact)).stop
                assert stop is not None
                assert stop.cause is Cause.INTERNAL_ERROR

    def test_loading_is_limited_for_every_pad_and_releasing_is_not(self) -> None:
        for k in range(self.count):
            gate = Gate(self.bounds(loading_rate_n_per_s=2000.0), DT_S)
            for tick, allowed in enumerate((2.0, 4.0, 6.0)):
                asked = self.command(self.one(k, 12.0, 0.0))
                judged = self.judge(gate.limits, asked, gate, 1e-3 * tick)
                assert self.presses(asked, judged) == pytest.approx(self.one(k, allowed, 0.0), abs=1e-9)
                assert {note.cause for note in judged.limited} == {Cause.LOADING_RATE}
            asked = self.command([0.0] * self.count)
            assert self.judge(gate.limits, asked, gate, 3e-3).limited == ()
            asked = self.command(self.one(k, 12.0, 0.0))
            assert self.presses(asked, self.judge(gate.limits, asked, gate, 4e-3))[k] == pytest.approx(2.0)

    @pytest.mark.parametrize(("contact", "limit"), [(ContactState.WORK, 23.0), (ContactState.FREE, 14.0)])
    def test_pressing_fast_lowers_the_force_of_a_pad_by_its_speed_along_its_normal(
        self, contact: ContactState, limit: float
    ) -> None:
        falling = dataclasses.replace(ARM, v_wt=(0.0, 0.0, -0.03, 0.0, 0.0, 0.0))
        own = [PadLimits(40.0, 20.0, 3.0, 30.0, DEPTH_M)] * self.count
        full = {"press_speed_m_s": 0.02, "free_press_speed_m_s": 0.024, "free_press_n": 14.0}
        bounds = self.bounds(own, damping=500.0, **full)
        for k in range(self.count):
            asked = self.command(self.one(k, 60.0, -30.0), arm=falling, contact=contact, target_n=[20.0] * self.count)
            speed = 0.03 * self.normals[k][2] - (0.02 if contact is ContactState.WORK else 0.024)
            judged = self.judge(bounds, asked)
            assert self.presses(asked, judged)[k] == pytest.approx(limit - 500.0 * speed, abs=1e-6)
            assert Cause.PRESS_SPEED in {note.cause for note in judged.limited}

    def test_in_the_air_the_limit_is_that_of_free_motion_whatever_force_is_wanted(self) -> None:
        for k in range(self.count):
            asked = self.command(
                self.one(k, 12.0, -6.0), contact=ContactState.FREE, target_n=self.one(k, 0.0, 0.0)
            )  # fmt: skip
            judged = self.judge(self.bounds(free_press_n=14.0, damping=1e6), asked)
            assert (judged.stop, judged.limited) == (None, ())
            assert self.presses(asked, judged)[k] == pytest.approx(12.0, abs=1e-6)

    def test_a_surface_speed_that_is_no_number_stops(self) -> None:
        for axis in range(3):
            for contact in ContactState:
                surface = tuple(NAN if axis == j else 0.0 for j in range(3))
                stop = self.judge(self.bounds(), self.command(surface=surface, contact=contact)).stop  # type: ignore[arg-type]
                assert stop is not None
                assert stop.cause is Cause.NOT_FINITE


class TestTripsOfOnePad(Trips):
    geometry, normals = ONE_PAD, (UP,)


class TestTripsOfTwoPads(Trips):
    geometry, normals = TWO_PADS, LEANING


class TestCapsOfOnePad(Caps):
    geometry, normals = ONE_PAD, (UP,)


class TestCapsOfTwoPads(Caps):
    geometry, normals = TWO_PADS, LEANING

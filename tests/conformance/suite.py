"""The claims of docs/driver.md as tests; a family inherits them and gives its bench."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from controller.types import JointFault
from hardware.driver import JointReading, ServoDriver
from hardware.errors import LinkError, ServoError, ServosError
from tests.conformance.bench import JOINTS, Bench

COUNT = len(JOINTS)
ZERO = (0.0,) * COUNT
HALF_TURN = math.pi
WRITES = 5
"""Commands before torque is given: a servo may take some to come from being off to giving torque."""
WATCHED_CYCLES = 200
"""Cycles on a noisy line."""


def whole(found: Sequence[JointReading | None] | None) -> tuple[JointReading, ...]:
    """Return the readings of a cycle in which every joint has answered."""
    assert found is not None
    readings = tuple(reading for reading in found if reading is not None)
    assert len(readings) == COUNT
    return readings


def heard(found: Sequence[JointReading | None] | None) -> set[int]:
    """Return which joints have answered in a cycle."""
    return {joint for joint, reading in enumerate(found or ()) if reading is not None}


class DriverConformance:
    """What every driver must do; the fixture ``bench`` is the family's."""

    @pytest.fixture
    def driver(self, bench: Bench) -> ServoDriver:
        return bench.driver()

    @pytest.fixture
    def connected(self, driver: ServoDriver) -> ServoDriver:
        driver.connect()
        return driver

    @pytest.fixture
    def enabled(self, connected: ServoDriver) -> ServoDriver:
        connected.enable(ZERO)
        return connected

    # Claim 1: no jump at start.

    def test_connecting_and_reading_give_no_torque(self, bench: Bench, driver: ServoDriver) -> None:
        driver.connect()
        for _ in range(WRITES):
            driver.read()
            driver.write((1.0, 1.0, 1.0))
        assert bench.history
        assert not any(any(moment.has_torque) for moment in bench.history)

    def test_the_first_torque_is_the_one_asked_for_at_every_instant(self, bench: Bench, connected: ServoDriver) -> None:
        asked = (0.31 * bench.limit_nm, -0.47 * bench.limit_nm, 0.11 * bench.limit_nm)
        for _ in range(WRITES):
            connected.write((bench.limit_nm,) * COUNT)
        connected.enable(asked)
        for moment in bench.history:
            for has_torque, tau_nm, wanted in zip(moment.has_torque, moment.tau_nm, asked, strict=True):
                assert tau_nm == (pytest.approx(wanted, abs=bench.steps.tau_nm) if has_torque else 0.0)
        assert all(bench.moment().has_torque)

    # Claim 2: signs and units, with dense boundary values.

    @pytest.mark.parametrize("joint", range(COUNT))
    def test_positions_are_those_of_the_joint(self, bench: Bench, connected: ServoDriver, joint: int) -> None:
        step = bench.steps.q_rad
        ends = (0.0, step, 2.0 * step, HALF_TURN - step, HALF_TURN, HALF_TURN + step, 2.0 * HALF_TURN, 1.0)
        for q_rad in (*ends, *(-end for end in ends)):
            bench.place(joint, q_rad)
            assert whole(connected.read())[joint].q_rad == pytest.approx(q_rad, abs=0.51 * step + 1e-6)

    @pytest.mark.parametrize("joint", range(COUNT))
    def test_speeds_are_those_of_the_joint(self, bench: Bench, connected: ServoDriver, joint: int) -> None:
        step = bench.steps.dq_rad_s
        for dq_rad_s in (0.0, step, -step, 2.0 * step, -2.0 * step, 0.7, -0.7, 2.5, -2.5):
            bench.place(joint, 0.2, dq_rad_s)
            assert whole(connected.read())[joint].dq_rad_s == pytest.approx(dq_rad_s, abs=0.51 * step + 1e-6)

    @pytest.mark.parametrize("joint", range(COUNT))
    def test_measured_torques_are_those_of_the_joint(self, bench: Bench, enabled: ServoDriver, joint: int) -> None:
        step, limit = bench.steps.tau_nm, bench.limit_nm
        for tau_nm in (0.0, step, -step, 0.5 * limit, -0.5 * limit, limit, -limit):
            bench.place(joint, 0.0, 0.0, tau_nm)
            assert whole(enabled.read())[joint].tau_nm == pytest.approx(tau_nm, abs=0.51 * step + 1e-6)

    @pytest.mark.parametrize("joint", range(COUNT))
    def test_torques_are_given_up_to_the_limit_and_never_over_it(
        self, bench: Bench, enabled: ServoDriver, joint: int
    ) -> None:
        step, limit = bench.steps.tau_nm, bench.limit_nm
        near = (limit - 2.0 * step, limit - step, limit - 0.5 * step, limit)
        over = (math.nextafter(limit, math.inf), limit + 0.5 * step, limit + step, 2.0 * limit, 1e9, 1e30)
        for size in (0.0, 0.4 * step, step, 0.5 * limit, *near, *over):
            for tau_nm in (size, -size):
                enabled.write(tuple(tau_nm if place == joint else 0.0 for place in range(COUNT)))
                given = bench.moment().tau_nm
                wanted = max(-limit, min(limit, tau_nm))
                assert abs(given[joint]) <= limit * (1.0 + 1e-6)
                assert given[joint] == pytest.approx(wanted, abs=1.01 * step)
                assert [tau for place, tau in enumerate(given) if place != joint] == [0.0] * (COUNT - 1)
        assert enabled.clipped >= 2 * len(over)

    def test_torques_are_given_at_any_speed_and_anywhere(self, bench: Bench, enabled: ServoDriver) -> None:
        asked = (0.5 * bench.limit_nm, -0.3 * bench.limit_nm, 0.1 * bench.limit_nm)
        for q_rad, dq_rad_s in ((0.0, 0.0), (1.5, 2.0), (-2.0, -3.0)):
            for joint in range(COUNT):
                bench.place(joint, q_rad, dq_rad_s)
            enabled.read()
            enabled.write(asked)
            assert bench.moment().tau_nm == pytest.approx(asked, abs=bench.steps.tau_nm)

    @pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
    @pytest.mark.parametrize("joint", range(COUNT))
    def test_what_is_no_number_is_refused_and_nothing_is_sent(
        self, bench: Bench, enabled: ServoDriver, joint: int, wrong: float
    ) -> None:
        enabled.write((0.1 * bench.limit_nm,) * COUNT)
        before = bench.moment()
        with pytest.raises(ValueError, match="torque"):
            enabled.write(tuple(wrong if place == joint else 0.0 for place in range(COUNT)))
        assert bench.moment() == before

    @pytest.mark.parametrize("count", [0, COUNT - 1, COUNT + 1])
    def test_too_few_or_too_many_torques_are_refused(self, bench: Bench, enabled: ServoDriver, count: int) -> None:
        before = bench.moment()
        with pytest.raises(ValueError, match=r"."):
            enabled.write((0.2 * bench.limit_nm,) * count)
        assert bench.moment() == before

    # Claim 3: a stale joint is told.

    @pytest.mark.parametrize("joint", range(COUNT))
    def test_a_joint_that_does_not_answer_is_told_and_comes_back(
        self, bench: Bench, enabled: ServoDriver, joint: int
    ) -> None:
        bench.place(joint, 0.3)
        assert heard(enabled.read()) == set(range(COUNT))
        lost = enabled.lost_cycles
        bench.silence(joint)
        for _ in range(3):
            assert joint not in heard(enabled.read())
        assert enabled.lost_cycles == lost + 3
        bench.silence()
        bench.place(joint, 0.4)
        assert whole(enabled.read())[joint].q_rad == pytest.approx(0.4, abs=bench.steps.q_rad)

    def test_noise_on_the_line_never_changes_a_number(self, bench: Bench, enabled: ServoDriver) -> None:
        for joint in range(COUNT):
            bench.place(joint, 0.25 + joint, -0.5, 0.3 * bench.limit_nm)
        right = whole(enabled.read())
        bench.lose_answers(0.05)
        found = [reading for _ in range(WATCHED_CYCLES) for reading in zip(enabled.read() or (), right, strict=False)]
        assert len(found) > 0.8 * COUNT * WATCHED_CYCLES
        assert all(reading is None or reading == wanted for reading, wanted in found)

    # Claim 4: an answer belongs to the question of its own cycle.

    def test_a_late_answer_is_not_taken_for_the_one_of_this_cycle(self, bench: Bench, enabled: ServoDriver) -> None:
        for joint in range(COUNT):
            bench.place(joint, 0.1)
        bench.hold_answers()
        assert heard(enabled.read()) == set()
        for joint in range(COUNT):
            bench.place(joint, 0.9)
        bench.deliver_answers()
        for reading in whole(enabled.read()):
            assert reading.q_rad == pytest.approx(0.9, abs=bench.steps.q_rad)

    # Claim 5: limits are set and read back.

    def test_every_servo_holds_the_limit_of_the_rig_file_itself(self, bench: Bench, connected: ServoDriver) -> None:
        for joint in range(COUNT):
            assert bench.stored_limit_nm(joint) == pytest.approx(bench.limit_nm, abs=bench.steps.tau_nm)
            assert bench.stored_limit_nm(joint) <= bench.limit_nm * (1.0 + 1e-6)

    @pytest.mark.parametrize("joint", range(COUNT))
    def test_a_limit_that_is_not_taken_is_refused(self, bench: Bench, driver: ServoDriver, joint: int) -> None:
        bench.refuse_limit(joint)
        self._refuses_to_connect(bench, driver, joint)

    # Claim 6: connecting to an arm that somebody holds moves nothing.

    @pytest.mark.parametrize("joint", range(COUNT))
    def test_a_servo_that_gives_torque_already_is_refused_and_left_as_it_is(
        self, bench: Bench, driver: ServoDriver, joint: int
    ) -> None:
        bench.give_torque(joint)
        before = bench.moment()
        self._refuses_to_connect(bench, driver, joint)
        assert bench.moment() == before

    def test_a_second_driver_after_a_lost_one_refuses_to_move(self, bench: Bench, enabled: ServoDriver) -> None:
        enabled.write((0.4 * bench.limit_nm,) * COUNT)
        enabled.close()
        before = bench.moment()
        with pytest.raises(ServosError) as found:
            bench.driver().connect()
        assert {error.joint for error in found.value.errors} == set(JOINTS)
        assert bench.moment() == before
        assert all(before.has_torque)

    # Claim 7: a fault names joint and cure.

    @pytest.mark.parametrize("what", ["spoil", "overheat", "exchange", "silence"])
    @pytest.mark.parametrize("joint", range(COUNT))
    def test_what_is_wrong_with_a_servo_is_named_with_joint_and_cure(
        self, bench: Bench, driver: ServoDriver, joint: int, what: str
    ) -> None:
        getattr(bench, what)(joint)
        self._refuses_to_connect(bench, driver, joint)

    def test_all_servos_that_are_wrong_are_named(self, bench: Bench, driver: ServoDriver) -> None:
        bench.exchange(0)
        bench.silence(2)
        with pytest.raises(ServosError) as found:
            driver.connect()
        assert [error.joint for error in found.value.errors] == ["one", "three"]

    @pytest.mark.parametrize("joint", range(COUNT))
    def test_a_fault_in_a_cycle_is_that_of_its_joint(self, bench: Bench, enabled: ServoDriver, joint: int) -> None:
        assert [reading.fault for reading in whole(enabled.read())] == [0] * COUNT
        bench.overheat(joint)
        readings = whole(enabled.read())
        assert readings[joint].fault & JointFault.OVERHEATED
        assert readings[joint].hardware_error != 0
        assert [reading.fault for place, reading in enumerate(readings) if place != joint] == [0] * (COUNT - 1)

    # Claim 8: one servo that fails does not stop the shutdown of the rest.

    @pytest.mark.parametrize("joint", range(COUNT))
    def test_releasing_reaches_all_others_and_names_the_one(
        self, bench: Bench, enabled: ServoDriver, joint: int
    ) -> None:
        bench.silence(joint)
        with pytest.raises(ServoError) as found:
            enabled.release()
        assert found.value.joint == JOINTS[joint]
        assert [place for place, is_on in enumerate(bench.moment().has_torque) if is_on] == [joint]

    @pytest.mark.parametrize("joint", range(COUNT))
    def test_one_that_does_not_enable_leaves_no_torque_at_any_that_answers(
        self, bench: Bench, connected: ServoDriver, joint: int
    ) -> None:
        bench.spoil(joint)
        with pytest.raises(ServoError) as found:
            connected.enable(ZERO)
        assert found.value.joint == JOINTS[joint]
        assert not any(bench.moment().has_torque)

    # Claim 9: closing never drops.

    def test_closing_leaves_every_torque_as_it_is(self, bench: Bench, enabled: ServoDriver) -> None:
        enabled.write((0.4 * bench.limit_nm, -0.3 * bench.limit_nm, 0.2 * bench.limit_nm))
        before, messages = bench.moment(), len(bench.history)
        enabled.close()
        enabled.close()
        assert bench.moment() == before
        assert len(bench.history) == messages, "closing sends nothing"
        assert all(before.has_torque)

    # Claim 10: the watchdog is set, and only it acts on a silent master.

    def test_the_watchdog_trips_after_its_time_and_a_command_alone_gives_no_torque_back(
        self, bench: Bench, enabled: ServoDriver
    ) -> None:
        enabled.write((0.4 * bench.limit_nm,) * COUNT)
        before = bench.moment()
        bench.pass_time(0.98 * bench.watchdog_s)
        assert bench.moment() == before
        bench.pass_time(0.04 * bench.watchdog_s)
        assert all(abs(tau_nm) < 0.01 * bench.limit_nm for tau_nm in bench.moment().tau_nm)
        enabled.write((0.4 * bench.limit_nm,) * COUNT)
        assert all(abs(tau_nm) < 0.01 * bench.limit_nm for tau_nm in bench.moment().tau_nm)

    # Claim 11: an heir goes on from a lost master.

    @pytest.mark.parametrize("has_tripped", [False, True])
    def test_an_heir_has_the_torque_of_servos_whose_master_is_lost(
        self, bench: Bench, enabled: ServoDriver, *, has_tripped: bool
    ) -> None:
        enabled.write((0.4 * bench.limit_nm,) * COUNT)
        enabled.close()
        if has_tripped:
            bench.pass_time(1.02 * bench.watchdog_s)
        heir, start = bench.driver(), len(bench.history)
        held = (0.3 * bench.limit_nm, -0.2 * bench.limit_nm, 0.1 * bench.limit_nm)
        heir.adopt(held)
        if not has_tripped:
            for moment in bench.history[start:]:
                for has_torque, tau_nm, wanted in zip(moment.has_torque, moment.tau_nm, held, strict=True):
                    assert has_torque
                    assert min(abs(tau_nm - wanted), abs(tau_nm - 0.4 * bench.limit_nm)) <= bench.steps.tau_nm
            assert bench.moment().tau_nm == pytest.approx(held, abs=bench.steps.tau_nm)
        for _ in range(WRITES):
            heir.write(held)
        before = bench.moment()
        assert all(before.has_torque)
        assert before.tau_nm == pytest.approx(held, abs=bench.steps.tau_nm)
        assert [reading.fault for reading in whole(heir.read())] == [0] * COUNT
        heir.write(held)
        bench.pass_time(0.98 * bench.watchdog_s)
        assert bench.moment() == before
        bench.pass_time(0.04 * bench.watchdog_s)
        assert all(abs(tau_nm) < 0.01 * bench.limit_nm for tau_nm in bench.moment().tau_nm), "the watchdog is set"
        heir.adopt(held)
        heir.release()
        assert not any(bench.moment().has_torque)

    @pytest.mark.parametrize("joint", range(COUNT))
    def test_an_heir_has_the_others_where_one_is_silent(self, bench: Bench, enabled: ServoDriver, joint: int) -> None:
        enabled.write((0.4 * bench.limit_nm,) * COUNT)
        enabled.close()
        bench.silence(joint)
        bench.driver().adopt((0.3 * bench.limit_nm,) * COUNT)
        for place, tau_nm in enumerate(bench.moment().tau_nm):
            if place != joint:
                assert tau_nm == pytest.approx(0.3 * bench.limit_nm, abs=bench.steps.tau_nm)

    @pytest.mark.parametrize("wrong", [(0.0, math.nan, 0.0), (math.inf, 0.0, 0.0), (0.0, 0.0)])
    def test_an_heir_sends_nothing_where_a_torque_is_no_number_or_missing(
        self, bench: Bench, enabled: ServoDriver, wrong: tuple[float, ...]
    ) -> None:
        enabled.close()
        heir, messages = bench.driver(), len(bench.history)
        with pytest.raises(ValueError, match=r"finite|argument|torques"):
            heir.adopt(wrong)
        assert len(bench.history) == messages

    # Claim 12: a link has one owner.

    def test_a_second_owner_of_a_link_is_refused(self, bench: Bench) -> None:
        with bench.real_link() as settings:
            first = settings.open()
            try:
                with pytest.raises(LinkError) as found:
                    settings.open()
                assert "another" in found.value.got
                assert found.value.todo
            finally:
                first.close()
            settings.open().close()

    def test_a_link_that_is_gone_is_named(self, bench: Bench) -> None:
        with bench.cut() as driver, pytest.raises(LinkError) as found:
            driver.read()
        assert found.value.todo

    @staticmethod
    def _refuses_to_connect(bench: Bench, driver: ServoDriver, joint: int) -> None:
        """Connect, and be refused for one joint with what was got and the cure; nothing has got torque from it."""
        had_torque = bench.moment().has_torque
        with pytest.raises(ServoError) as found:
            driver.connect()
        assert found.value.joint == JOINTS[joint]
        assert found.value.got
        assert found.value.todo
        assert found.value.exit_code == 5
        assert bench.moment().has_torque == had_torque

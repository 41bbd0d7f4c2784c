"""Rigs as values: caps that only tighten, what they do to the limits of a session, identity."""

import dataclasses
import math

import pytest

from controller.errors import ConfigError, PlantError
from controller.rig import Caps, Identity, layered, tighten
from controller.safety.limits import PAD_CEILING_N, TOOL_CEILING_N, PadLimits, PressLimits
from sim.options import SimulationOptions
from sim.simulated_rig import simulated_rig
from tests.gate_cases import DEPTH_M, TWO_PADS, limits
from urdf.arms import load_arm

LIMITS = limits()
RIG = simulated_rig(load_arm("servo7"), SimulationOptions())


def test_caps_lower_the_limits_they_name_and_leave_the_others() -> None:
    caps = Caps(25.0, 40.0, 0.2, (1.0,) * 7, (20.0,) * 7)
    tight = tighten(LIMITS, [("rig", caps)])
    assert [[pad.ceiling_n for pad in stroke.pads] for stroke in tight.strokes] == [[25.0], [25.0]]
    assert [[pad.trip_n for pad in stroke.pads] for stroke in tight.strokes] == [[23.0], [20.0]]
    assert [(stroke.sum_n, stroke.sum_trip_n) for stroke in tight.strokes] == [(25.0, 23.0), (25.0, 20.0)]
    assert (tight.tool_trip_n, tight.tool_speed_m_s) == (40.0, 0.2)
    assert (tight.speed_rad_s, tight.torque_nm) == ((1.0,) * 7, (20.0,) * 7)
    same = ("strokes", "tool_trip_n", "tool_speed_m_s", "speed_rad_s", "torque_nm")
    assert dataclasses.replace(tight, **{name: getattr(LIMITS, name) for name in same}) == LIMITS
    assert tighten(LIMITS, []) == LIMITS == tighten(LIMITS, [("rig", Caps())])


def test_caps_of_pad_and_tool_lower_every_pad_and_the_sum_of_two() -> None:
    own = (PadLimits(40.0, 20.0, 3.0, 30.0, DEPTH_M), PadLimits(20.0, 10.0, 3.0, 18.0, DEPTH_M))
    two = limits(pads=TWO_PADS, strokes=(PressLimits(own, 60.0, 48.0, 1000.0),))
    cases = (
        (Caps(pad_n=25.0), 45.0, 41.0),
        (Caps(tool_n=35.0), 35.0, 33.0),
        (Caps(pad_n=10.0, tool_n=35.0), 20.0, 16.0),
    )
    for caps, sum_n, sum_trip_n in cases:
        (stroke,) = tighten(two, [("rig", caps)]).strokes
        assert (stroke.sum_n, stroke.sum_trip_n) == (sum_n, sum_trip_n)
        most = caps.pad_n or PAD_CEILING_N
        assert [pad.ceiling_n for pad in stroke.pads] == [min(40.0, most), min(20.0, most)]
        assert [pad.trip_n for pad in stroke.pads] == [min(30.0, most - 2.0), min(18.0, most - 2.0)]
    assert tighten(two, [("rig", Caps())]) == two


def test_a_cap_above_what_the_session_has_changes_nothing() -> None:
    start = dataclasses.replace(LIMITS, tool_trip_n=30.0)
    assert tighten(start, [("rig", Caps(pad_n=PAD_CEILING_N, tool_n=50.0))]) == start


def test_the_person_tightens_the_rig() -> None:
    layers = [("rig", Caps(pad_n=30.0, tool_n=50.0)), ("person", Caps(pad_n=12.0))]
    assert layered(Caps(PAD_CEILING_N, TOOL_CEILING_N), layers) == Caps(12.0, 50.0)


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ([("rig", Caps(pad_n=60.1))], ["rig: pad_n", "60.1", "at most 60"]),
        ([("rig", Caps(tool_n=91.0))], ["rig: tool_n", "at most 90"]),
        ([("rig", Caps(pad_n=30.0)), ("person", Caps(pad_n=31.0))], ["person: pad_n", "31", "at most 30"]),
        ([("rig", Caps(pad_n=0.0))], ["rig: pad_n", "above 0"]),
        ([("rig", Caps(pad_n=math.nan))], ["rig: pad_n", "nan"]),
        ([("rig", Caps(torque_nm=(20.0,) * 6))], ["rig: torque_nm", "6 values", "7, one per joint"]),
        ([("rig", Caps(torque_nm=(20.0,) * 6 + (88.0,)))], ["torque_nm of joint 7", "88", "at most 87"]),
        ([("rig", Caps(speed_rad_s=(1.0, 2.1) + (1.0,) * 5))], ["speed_rad_s of joint 2", "at most 2"]),
        ([("rig", Caps(tool_speed_m_s=0.6))], ["tool_speed_m_s", "at most 0.5"]),
    ],
)
def test_a_layer_that_loosens_is_refused_in_one_line(layers: list[tuple[str, Caps]], words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        tighten(LIMITS, layers)
    assert all(word in str(caught.value) for word in words)
    assert "\n" not in str(caught.value)


def test_the_lag_of_a_simulated_loop_follows_from_its_sensor() -> None:
    arm = load_arm("servo7")
    assert (RIG.loop_lag_ticks, RIG.sensor_period_s) == (2, 0.001)
    slow = simulated_rig(arm, SimulationOptions(sensor_ticks=4))
    assert (slow.loop_lag_ticks, slow.sensor_period_s) == (5, 0.004)
    assert simulated_rig(arm, SimulationOptions(extra_delay_samples=2)).loop_lag_ticks == 4
    assert dataclasses.replace(RIG, loop_lag_s=0.0021).loop_lag_ticks == 3


def test_every_part_of_an_identity_changes_its_digest() -> None:
    one = Identity("A1", "1.0", "abc")
    others = [Identity("A2", "1.0", "abc"), Identity("A1", "1.1", "abc"), Identity("A1", "1.0", "abd")]
    assert len({one.digest, *(other.digest for other in others)}) == 4
    assert one.digest == Identity("A1", "1.0", "abc").digest
    assert 0 <= one.digest < 2**64
    one.check(one.digest)
    for found in (0, others[0].digest):
        with pytest.raises(PlantError, match="drives of another plant") as caught:
            one.check(found)
        assert "\n" not in str(caught.value)

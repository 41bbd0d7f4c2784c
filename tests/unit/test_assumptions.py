"""Warnings: what the senses found beyond what the plan assumed, one line for each kind, no truth needed."""

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.air.findings import AirChecked, Found, Tared
from controller.types import Cause, Contact, ContactState, Limited, Phase, StepRecord
from tests.synthetic import STROKE_TICKS, Synthetic
from workbench.record.assumptions import warnings_of
from workbench.record.messages import Event, EventKind, LoopStats, RunConfig, WristFacts
from workbench.record.reader import RunData
from workbench.record.step_memory import StepMemory

Change = Callable[[StepRecord], StepRecord]
UNTURNED = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
PLAIN = WristFacts(0.0, UNTURNED)
"""A tool that weighs nothing, behind a sensor whose axes are the tool's."""
LEFT, RIGHT = "stroke 'left circles'", "stroke 'right circles'"


def _unchanged(step: StepRecord) -> StepRecord:
    return step


def _run(
    synthetic: Synthetic, change: Change = _unchanged, *, strokes: tuple[int, ...] = (0,), **config: object
) -> RunData:
    """Return a run of which the steps of some strokes are changed."""
    memory = StepMemory()
    for index, step in enumerate(synthetic.steps()):
        memory.add(change(step) if index // STROKE_TICKS in strokes else step)
    facts: dict[str, object] = {"wrist": PLAIN, "observer_margin_n": 8.0, **config}
    return RunData(Path("none"), dataclasses.replace(synthetic.config, **facts), memory.columns(), (), (), True)  # type: ignore[arg-type]


def _pad(**changes: object) -> Change:
    """Return a change of what is believed of the pad while it works."""

    def change(step: StepRecord) -> StepRecord:
        if step.contact is not ContactState.WORK:
            return step
        return dataclasses.replace(step, pads=(dataclasses.replace(step.pads[0], **changes),))  # type: ignore[arg-type]

    return change


def _wrench(force_s: tuple[float, float, float], contact: ContactState) -> Change:
    def change(step: StepRecord) -> StepRecord:
        if step.contact is not contact:
            return step
        return dataclasses.replace(step, state=dataclasses.replace(step.state, wrench_s=(*force_s, 0.0, 0.0, 0.0)))

    return change


def _tilted(degrees: float) -> Change:
    angle = math.radians(degrees)
    return _pad(normal_w=(math.sin(angle), 0.0, math.cos(angle)))


def _deep(depth_m: float) -> Change:
    return lambda step: dataclasses.replace(step, p_wt=(step.p_wt[0], step.p_wt[1], step.p_wt[2] - depth_m))


def _limited(every: int) -> Change:
    def change(step: StepRecord) -> StepRecord:
        if round(step.t_s * 1e3) % every:
            return step
        lowered = (Limited(Cause.PRESS_LIMIT, 25.0, 23.0, "N"),)
        return dataclasses.replace(step, applied=dataclasses.replace(step.applied, limited=lowered))

    return change


def test_a_calm_run_has_no_warning(synthetic: Synthetic) -> None:
    assert warnings_of(_run(synthetic)) == ()


@pytest.mark.parametrize(
    ("within", "beyond", "line"),
    [
        (
            _wrench((7.6, 0.0, -20.0), ContactState.WORK),
            _wrench((12.0, -10.58301, -20.0), ContactState.WORK),
            f"skin friction, {LEFT}: force across the skin 0.80 of the press force; assumed at most 0.39",
        ),
        (
            _tilted(4.9),
            _tilted(-10.0),
            f"skin normal, {LEFT}: force 10.0 degrees off the planned normal, mean; assumed at most 5",
        ),
        (
            _pad(press_n=20.79, observer_n=20.79),
            _pad(press_n=18.5, observer_n=18.5),
            f"force error, {LEFT}: measured press force 1.50 N off the planned one, rms; assumed at most 0.8 N",
        ),
        (
            _limited(10),
            _limited(5),
            f"limited commands, {LEFT}: command lowered in 20.0 % of the stroke; assumed at most 10 %",
        ),
        (
            _pad(press_n=20.0, observer_n=23.9),
            _pad(press_n=20.0, observer_n=15.5),
            f"wrist sensor against joint torques, {LEFT}: 95 % within 4.5 N; assumed at most 4 N, half of what counts "
            "as plausible",
        ),
        (
            _pad(is_sensor_trusted=True),
            _pad(is_sensor_trusted=False),
            f"wrist sensor rejected, {LEFT}: for 0.600 s; assumed 0 s",
        ),
        (
            _deep(0.0265),
            _deep(0.0285),
            f"depth, {LEFT}: pad 28.5 mm beyond its planned place; assumed at most 27 mm, nine tenths of what "
            "tissue explains",
        ),
        (
            _wrench((0.0, 1.4, 0.0), ContactState.FREE),
            _wrench((0.0, 0.0, 1.8), ContactState.FREE),
            f"zero of the wrist sensor, {LEFT}: 1.8 N off the skin, before it; assumed at most 1.5 N (check the tool's "
            "mass)",
        ),
    ],
)
def test_what_passes_an_assumption_is_told_and_what_does_not_is_not(
    synthetic: Synthetic, within: Change, beyond: Change, line: str
) -> None:
    assert warnings_of(_run(synthetic, within)) == ()
    assert warnings_of(_run(synthetic, beyond)) == (line,)


def test_a_skin_that_is_lost_is_told_unless_the_stroke_wants_to_leave_it(synthetic: Synthetic) -> None:
    def hops(step: StepRecord) -> StepRecord:
        is_off = step.reference.phase is Phase.WORK and round(step.t_s * 1e3) % 20 == 0
        return _pad(press_n=0.5, observer_n=0.5)(step) if is_off else step

    segments = tuple(dataclasses.replace(one, contact=Contact.INTERMITTENT) for one in synthetic.config.segments)
    told = warnings_of(_run(synthetic, hops))
    assert f"skin lost, {LEFT}: no contact in 5.0 % of the stroke; assumed at most 2 %" in told
    assert not any(line.startswith("skin lost") for line in warnings_of(_run(synthetic, hops, segments=segments)))


def test_one_line_of_a_kind_names_the_worst_stroke_and_counts_the_others(synthetic: Synthetic) -> None:
    def worse_later(step: StepRecord) -> StepRecord:
        return _tilted(8.0 if step.reference.segment else 6.0)(step)

    (line,) = warnings_of(_run(synthetic, worse_later, strokes=(0, 1)))
    assert line.startswith(f"skin normal, {RIGHT} and 1 other: force 8.0 degrees")


def test_the_weight_of_the_tool_and_the_zero_of_its_sensor_are_no_friction(synthetic: Synthetic) -> None:
    """A sensor that is turned in the tool by 90 degrees about its z axis and reads 1 N too much along its x axis."""
    turned = ((0.0, -1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    weight = 9.81 * 0.5

    def heavy(step: StepRecord) -> StepRecord:
        force = step.state.wrench_s
        read = (force[0] + 1.0, force[1], force[2] + weight, 0.0, 0.0, 0.0)
        return dataclasses.replace(step, state=dataclasses.replace(step.state, wrench_s=read))

    heavier = _run(synthetic, heavy, strokes=(0, 1), wrist=WristFacts(0.5, turned))
    assert warnings_of(heavier) == ()
    (told,) = warnings_of(_run(synthetic, heavy, strokes=(0, 1)))
    assert told.startswith("zero of the wrist sensor")

    def leaning(step: StepRecord) -> StepRecord:
        """Lean by 0.3 rad about the world's x axis: the weight is felt across the tool, the skin as before."""
        half = 0.5 * (math.pi + 0.3)
        force_w = (0.0, 0.0, -step.state.wrench_s[2] - weight)
        c, s = math.cos(math.pi + 0.3), math.sin(math.pi + 0.3)
        in_tool = (force_w[0], c * force_w[1] + s * force_w[2], -s * force_w[1] + c * force_w[2])
        in_sensor = (in_tool[1], -in_tool[0], in_tool[2])
        state = dataclasses.replace(step.state, wrench_s=(*in_sensor, 0.0, 0.0, 0.0))
        return dataclasses.replace(step, state=state, quaternion_wt=(math.sin(half), 0.0, 0.0, math.cos(half)))

    assert warnings_of(_run(synthetic, leaning, strokes=(0, 1), wrist=WristFacts(0.5, turned))) == ()


def test_what_the_files_were_marked_with_comes_first_and_dropped_steps_last(synthetic: Synthetic) -> None:
    run = _run(synthetic, _tilted(8.0), notes=("arm: friction of joint 3 is 0 in the file; taken as unknown",))
    loop = LoopStats(2.0, 1.0, 2000, 1.0, 1.0, 1.0, 1.0, 0, 0, 7, (), True, 100.0)
    told = warnings_of(dataclasses.replace(run, loop=(loop,)))
    assert [line.split(":")[0] for line in told] == ["arm", f"skin normal, {LEFT}", "record"]
    assert told[-1] == "record: 7 steps dropped; assumed 0"


def _air(synthetic: Synthetic, *, passed: bool = True, drift: float = 0.0, **found: object) -> list[str]:
    values: dict[str, object] = {
        "is_weighed": True, "mass_kg": 0.5, "stated_mass_kg": 0.5, "com_error_m": 0.0, "zero_s": (0.0,) * 6,
        "drift_s": (0.0,) * 6, "gravity_error_nm": (0.0,) * 3, "holding_nm": (40.0, -20.0, 0.0),
        "friction_nm": (0.3,) * 3, "is_corrected": False, **found,
    }  # fmt: skip
    checked = AirChecked(Found(**values), passed)  # type: ignore[arg-type]
    tared = Tared((0.0,) * 6, (0.0, drift, 0.0, 9.0, 9.0, 9.0), 0.1)
    events = (Event(1.0, EventKind.AIR_CHECK, checked), Event(2.0, EventKind.TARE, tared))
    return list(warnings_of(dataclasses.replace(_run(synthetic), events=events)))


def test_what_the_air_check_let_pass_is_told_where_it_is_much(synthetic: Synthetic) -> None:
    assert _air(synthetic, mass_kg=0.549, drift=0.02, gravity_error_nm=(2.2, -1.2, 0.24)) == []
    assert _air(synthetic, mass_kg=0.42) == [
        "tool mass, in the air: 0.08 kg off its file's 0.50 kg; assumed at most 0.05 kg"
    ]
    assert _air(synthetic, gravity_error_nm=(2.2, -1.3, 0.2)) == [
        "gravity of joint 2, in the air: 1.30 Nm off its file; assumed at most 1.25 Nm"
    ]
    assert _air(synthetic, drift=-0.05) == ["drift of the wrist sensor: 0.050 N/s; assumed at most 0.02 N/s"]
    assert _air(synthetic, drift_s=(0.0, 0.0, 0.03, 0.0, 0.0, 0.0)) == [
        "drift of the wrist sensor: 0.030 N/s; assumed at most 0.02 N/s"
    ]


def test_an_earlier_record_warns_of_what_it_can(synthetic: Synthetic) -> None:
    old: RunConfig = dataclasses.replace(
        synthetic.config,
        segments=tuple(dataclasses.replace(one, depth_m=math.nan) for one in synthetic.config.segments),
    )

    def worst(step: StepRecord) -> StepRecord:
        return _deep(0.2)(_pad(observer_n=90.0)(_tilted(8.0)(_wrench((20.0, 0.0, -20.0), ContactState.WORK)(step))))

    run = _run(synthetic, worst, segments=old.segments, wrist=None, observer_margin_n=None)
    assert [line.split(",")[0] for line in warnings_of(run)] == ["skin normal"]


def test_numbers_that_are_none_do_not_break_the_summary(synthetic: Synthetic) -> None:
    def lost(step: StepRecord) -> StepRecord:
        nowhere = dataclasses.replace(step, p_wt=(math.nan,) * 3, quaternion_wt=(math.nan,) * 4)
        return _wrench((math.nan,) * 3, ContactState.FREE)(nowhere)

    assert warnings_of(_run(synthetic, lost)) == ()
    nothing = RunData(Path("none"), synthetic.config, StepMemory().columns(), (), (), True)
    assert warnings_of(nothing) == ()
    assert warnings_of(dataclasses.replace(nothing, config=dataclasses.replace(synthetic.config, segments=()))) == ()

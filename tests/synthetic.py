"""A small made-up session for the tests of the workbench: two strokes with known numbers."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from controller.arm import PadDescription
from controller.types import (
    Applied,
    ArmState,
    Authority,
    ContactState,
    Limited,
    Mode,
    PadEstimate,
    PadReference,
    Phase,
    Reference,
    SegmentInfo,
    StepRecord,
    StopReason,
    Truth,
)
from workbench.record.messages import RunConfig

TOOL_DOWN = (1.0, 0.0, 0.0, 0.0)
"""R_WT with z down: half a turn about x."""
TICKS = {Phase.TRANSFER: 100, Phase.APPROACH: 200, Phase.WORK: 600, Phase.LIFT: 100}
STROKE_TICKS = sum(TICKS.values())
TOUCH_TICK = 250
"""Tick of a stroke at which the pad touches."""
LANDING_PEAK_N = 4.0
TARGET_N = 20.0
ERROR_N = 0.5
LIMIT_N = 45.0


def segment(name: str, start_s: float) -> SegmentInfo:
    return SegmentInfo(
        name, "circles", "lumbar_paraspinal", "left", TARGET_N, LIMIT_N, 4000.0, 3000.0, 0.01, 7.0, 6.0, start_s, 1.0
    )


CONFIG = RunConfig(
    program="test_program",
    body="median_f",
    tissue="law",
    arm="servo7",
    gains="standard",
    seed=1,
    surface_error_mm=0.0,
    dt_s=0.001,
    duration_s=2.0,
    pads=(PadDescription("pad", 0.018, (0.0, 0.0, 0.0)),),
    joint_names=tuple(f"joint_{number}" for number in range(1, 8)),
    torque_limit_nm=(80.0, 80.0, 40.0, 40.0, 12.0, 12.0, 12.0),
    segments=(segment("left circles", 0.3), segment("right circles", 1.3)),
    worst_case_bound_n=31.5,
    person_bound_n=38.25,
    sources=(),
    versions=(),
).hashed()


def phase_of(tick: int) -> Phase:
    for phase, count in TICKS.items():
        if tick < count:
            return phase
        tick -= count
    return Phase.LIFT


def contact_of(tick: int) -> ContactState:
    phase = phase_of(tick)
    if phase is Phase.TRANSFER:
        return ContactState.FREE
    if phase is Phase.APPROACH:
        return ContactState.CONTACT if tick >= TOUCH_TICK else ContactState.APPROACH
    return ContactState.WORK if phase is Phase.WORK else ContactState.LIFT


def true_press(tick: int) -> float:
    """Landing peak 30 ms after the touch; while working alternately ERROR_N above and below the target."""
    contact = contact_of(tick)
    if contact is ContactState.CONTACT:
        return LANDING_PEAK_N if tick == TOUCH_TICK + 30 else 2.0
    if contact is ContactState.WORK:
        return TARGET_N + (ERROR_N if tick % 2 else -ERROR_N)
    return 0.0


def step(index: int) -> StepRecord:
    t_s = index * 0.001
    stroke, tick = divmod(index, STROKE_TICKS)
    press = true_press(tick)
    x, y = 0.1 + 0.02 * math.cos(t_s), 0.03 + 0.02 * math.sin(t_s)
    target = TARGET_N if phase_of(tick) is Phase.WORK else 0.0
    reference = Reference(
        t_s=t_s,
        phase=phase_of(tick),
        segment=stroke,
        position_m=(x, y, 0.2),
        quaternion_xyzw=TOOL_DOWN,
        twist=(0.0,) * 6,
        acceleration=(0.0,) * 6,
        posture_rad=(0.0,) * 7,
        pads=(PadReference((0.0, 0.0, 1.0), target, 0.0),),
    )
    angle = math.radians(3.0)
    truth = Truth(
        press_n=press,
        force_w=(0.0, 0.0, press),
        depth_m=press / 4000.0 if press else -0.01,
        p_wc=(x, y, 0.18),
        normal_w=(math.sin(angle), 0.0, math.cos(angle)),
        region="lumbar_paraspinal",
        limit_n=LIMIT_N,
        tissue_work_j=0.001 * index,
        net_energy_j=0.0005 * index,
        p_wt=(x + 0.001 * math.cos(angle), y, 0.2 - 0.001 * math.sin(angle)),
        tool_axis_w=(0.0, 0.0, -1.0),
    )
    return StepRecord(
        t_s=t_s,
        state=ArmState(
            t_s,
            (0.1,) * 7,
            (0.0,) * 7,
            (5.0,) * 7,
            (0.0, 0.0, -press, 0.0, 0.0, 0.0),
            0.001,
            tick,
            Authority.HOST,
            0.0,
            0.0,
        ),
        reference=reference,
        p_wt=(x, y, 0.2),
        quaternion_wt=TOOL_DOWN,
        v_wt=(0.0,) * 6,
        pads=(PadEstimate((0.0, 0.0, 1.0), press, press + 0.1, target, True),),
        contact=contact_of(tick),
        plan_error_m=0.001,
        applied=Applied((5.0,) * 7, press, 25.0, Mode.RUN, (), None),
        truth=(truth,),
    )


@dataclass(frozen=True)
class Synthetic:
    """What the tests of the workbench share."""

    config: RunConfig
    step: Callable[[int], StepRecord]
    count: int = 2 * STROKE_TICKS

    def steps(self) -> list[StepRecord]:
        return [self.step(index) for index in range(self.count)]

    def limited(self, record: StepRecord, limited: Limited) -> StepRecord:
        return replace(record, applied=replace(record.applied, limited=(limited,)))

    def stopped(self, record: StepRecord, reason: StopReason) -> StepRecord:
        return replace(record, applied=replace(record.applied, mode=Mode.UNLOAD, stop=reason))

    def pressed(self, record: StepRecord, press_n: float) -> StepRecord:
        return replace(record, truth=(replace(record.truth[0], press_n=press_n),))

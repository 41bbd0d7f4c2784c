"""What ``/step`` holds of a tick, as a plain JSON object.

Spelled out field by field: turning the nested dataclasses of ``StepRecord`` into JSON takes twice as long as their
values do, mostly for finding out again in every tick what fields they have. ``LEFT_OUT`` of the plan is what follows
from the rest of it and nobody reads; a test holds both to the types and to the schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import orjson

from controller.types import Applied, ArmState, PadEstimate, Reference, StepRecord, Truth
from workbench.record.schema import json_schema

LEFT_OUT: Mapping[type, frozenset[str]] = MappingProxyType(
    {Reference: frozenset({"twist", "acceleration", "posture_rad"})}
)
"""Fields of the dataclasses that are not recorded."""

JsonObject = dict[str, object]


def step_schema() -> bytes:
    """Return the JSON Schema of a step."""
    return json_schema(StepRecord, LEFT_OUT)


def step_json(record: StepRecord) -> bytes:
    """Return a step as UTF-8 JSON; NaN and infinity become null."""
    return orjson.dumps(
        {
            "t_s": record.t_s,
            "state": _state(record.state),
            "reference": _reference(record.reference),
            "p_wt": record.p_wt,
            "quaternion_wt": record.quaternion_wt,
            "v_wt": record.v_wt,
            "pads": [_estimate(pad) for pad in record.pads],
            "contact": record.contact,
            "plan_error_m": record.plan_error_m,
            "applied": _applied(record.applied),
            "truth": [_truth(pad) for pad in record.truth],
        }
    )


def _state(state: ArmState) -> JsonObject:
    return {
        "t_s": state.t_s,
        "q_rad": state.q_rad,
        "dq_rad_s": state.dq_rad_s,
        "tau_nm": state.tau_nm,
        "wrench_s": state.wrench_s,
        "sensor_age_s": state.sensor_age_s,
        "wrench_sequence": state.wrench_sequence,
        "authority": state.authority,
        "supervisor_age_s": state.supervisor_age_s,
        "command_age_s": state.command_age_s,
        "temperatures_c": state.temperatures_c,
        "voltages_v": state.voltages_v,
        "joint_age_s": state.joint_age_s,
        "joint_fault": state.joint_fault,
    }


def _reference(reference: Reference) -> JsonObject:
    return {
        "t_s": reference.t_s,
        "phase": reference.phase,
        "segment": reference.segment,
        "position_m": reference.position_m,
        "quaternion_xyzw": reference.quaternion_xyzw,
        "pads": [
            {"normal_w": pad.normal_w, "press_n": pad.press_n, "press_rate_n_per_s": pad.press_rate_n_per_s}
            for pad in reference.pads
        ],
    }


def _estimate(pad: PadEstimate) -> JsonObject:
    return {
        "normal_w": pad.normal_w,
        "press_n": pad.press_n,
        "observer_n": pad.observer_n,
        "target_n": pad.target_n,
        "is_sensor_trusted": pad.is_sensor_trusted,
    }


def _applied(applied: Applied) -> JsonObject:
    return {
        "tau_nm": applied.tau_nm,
        "press_n": applied.press_n,
        "press_limit_n": applied.press_limit_n,
        "mode": applied.mode,
        "limited": applied.limited,
        "stop": applied.stop,
    }


def _truth(pad: Truth) -> JsonObject:
    return {
        "press_n": pad.press_n,
        "force_w": pad.force_w,
        "depth_m": pad.depth_m,
        "p_wc": pad.p_wc,
        "normal_w": pad.normal_w,
        "region": pad.region,
        "limit_n": pad.limit_n,
        "tissue_work_j": pad.tissue_work_j,
        "net_energy_j": pad.net_energy_j,
        "p_wt": pad.p_wt,
        "tool_axis_w": pad.tool_axis_w,
    }

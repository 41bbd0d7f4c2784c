"""What a rig file holds of a bus of moteus controllers."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from hardware.moteus.asking import Address
from hardware.moteus.link import CanSettings
from hardware.moteus.servo import MoteusServo
from hardware.moteus.settings import MoteusSettings
from hardware.moteus.tables import LARGEST_ID
from hardware.moteus.wire import cycle_s
from hardware.rig_content import NO_BOOLEAN, Mistake, Part, RigContent, Text, key

INTERFACES = ("socketcan", "pcan", "kvaser", "udp_multicast")
"""Interfaces of python-can that carry CAN-FD here; the last one is that of a peer."""
_UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class MoteusBusPart(Part):
    """The CAN-FD bus, 1 Mbit/s and 5 Mbit/s for data, set by whoever brings the interface up."""

    family: Annotated[Literal["moteus"], key("family of the servos")]
    interface: Annotated[str, key("interface of python-can", enum=INTERFACES)]
    channel: Annotated[Text, key("channel of the interface, as can0")]
    latency_ms: Annotated[float, key("longest time from a question to its answer", "ms", gt=0.0, le=100.0)]
    watchdog_ms: Annotated[
        float, key("time without a command after which the servos stop by themselves, 0 for never", "ms", ge=0, le=2000)
    ]


class MoteusServoPart(Part):
    """One controller, which drives one joint."""

    joint: Annotated[Text, key("name of the joint in the arm's URDF")]
    id: Annotated[int, key("id of the controller on the bus", ge=1, le=LARGEST_ID)]
    unique_id: Annotated[str, key("uuid of the controller, as `moteus_tool --info` shows it"), Field(pattern=_UUID)]
    direction: Annotated[Literal[-1, 1], NO_BOOLEAN, key("sense of the joint against that of the controller's output")]
    zero_rev: Annotated[
        float, key("position of the controller where the joint is at zero", "turns", ge=-1000.0, le=1000.0)
    ]
    gear: Annotated[float, key("turns of the controller's output for one turn of the joint", ge=0.1, le=200.0)] = 1.0
    torque_scale: Annotated[
        float, key("torque at the joint for 1 Nm that the controller states, the gear included", gt=0.0, le=500.0)
    ]
    torque_limit_nm: Annotated[float, key("largest torque at the joint; goes with every command", "Nm", gt=0.0)]
    current_limit_a: Annotated[
        float, key("largest phase current; set in the controller and read back", "A", gt=0.0, le=200.0)
    ]
    brake_nms_per_rad: Annotated[
        float, key("damping at the joint of shorted windings, as rehearsals play it", "Nms/rad", ge=0.0, le=1000.0)
    ] = 0.0

    @property
    def largest_nm(self) -> float:
        """Largest torque at the joint."""
        return self.torque_limit_nm

    def settings(self) -> MoteusServo:
        """Return the controller as the driver has it."""
        return MoteusServo(
            address=Address(self.joint, self.id),
            unique_id=uuid.UUID(self.unique_id),
            direction=self.direction,
            zero_rev=self.zero_rev,
            gear=self.gear,
            torque_scale=self.torque_scale,
            torque_limit_nm=self.torque_limit_nm,
            current_limit_a=self.current_limit_a,
        )


class MoteusRigFile(RigContent[MoteusBusPart, MoteusServoPart]):
    """A rig of massage-arm on moteus controllers: bus, controllers, wrist sensor, timing and limits of one arm."""

    def driver(self) -> MoteusSettings:
        """Return what the driver is opened with."""
        bus = self.bus
        can = CanSettings(bus.interface, bus.channel, 1e-3 * bus.latency_ms)
        return MoteusSettings(can, tuple(servo.settings() for servo in self.servos), 1e-3 * bus.watchdog_ms)

    @property
    def wire_s(self) -> float:
        """Time that the frames of a cycle take on the bus, as computed."""
        return cycle_s(len(self.servos))

    def mistakes(self) -> Iterator[Mistake]:
        """Yield what no single key shows."""
        unique_ids = [servo.unique_id for servo in self.servos]
        if len(set(unique_ids)) < len(unique_ids):
            yield Mistake(
                "servos", "one unique_id twice", "every unique_id once", "read them with `moteus_tool --info`"
            )

"""What the control law asks for and what it believes."""

from __future__ import annotations

from controller.types.vectors import Matrix, Vector, Vector3, Vector4, Vector6
from controller.types.vocabulary import ContactState
from controller.values import value


@value
class ToolTerms:
    """Rigid-body terms of one tick at the tool, from the robot model.

    Attributes:
        p_wt: position of T in W [m].
        quaternion_wt: R_WT, xyzw.
        v_wt: twist of T as the law estimates it [m/s, rad/s].
        jacobian: (6, n), LOCAL_WORLD_ALIGNED at T.
        jbar_t: (6, n), the dynamically consistent map from joint torque to tool wrench, Lambda J M^-1.
        bias_nm: torque that holds the arm without touching anything: gravity and Coriolis terms, (n,).
        momentum_nms: generalised momentum of the joints, (n,); empty where nobody has asked for it.
        drift_nm: what changes it beside every torque on the joints, (n,): C^T dq less gravity; empty likewise.
    """

    p_wt: Vector3
    quaternion_wt: Vector4
    v_wt: Vector6
    jacobian: Matrix
    jbar_t: Matrix
    bias_nm: Vector
    momentum_nms: Vector = ()
    drift_nm: Vector = ()


@value
class PadEstimate:
    """What the controller believes of one pad's contact.

    Attributes:
        normal_w: outward normal in use, unit length (planned, corrected by the measured force): the press axis.
        press_n: press force in use, filtered [N]: of the wrist sensor, or of the observer while the sensor is rejected.
        observer_n: press force from the momentum observer, no wrist sensor involved [N].
        target_n: press force the loop is asked for now, after the contact ramp [N].
        is_sensor_trusted: False while the wrist sensor is rejected.
    """

    normal_w: Vector3
    press_n: float
    observer_n: float
    target_n: float
    is_sensor_trusted: bool


@value
class Command:
    """What the control law asks for; it may be wrong and has passed no limit.

    The press axis of every pad is the ``normal_w`` of its estimate.

    Attributes:
        tau_nm: joint torques with gravity and Coriolis terms, (n,).
        terms: the rigid-body terms the torques were made with.
        pads: the contact estimate of every pad.
        contact: contact state of the law.
        surface_velocity_w: planned velocity of the contact point [m/s], used to tell pressing from following.
        plan_error_m: tangential distance of the tool from the reference [m].
    """

    tau_nm: Vector
    terms: ToolTerms
    pads: tuple[PadEstimate, ...]
    contact: ContactState
    surface_velocity_w: Vector3
    plan_error_m: float

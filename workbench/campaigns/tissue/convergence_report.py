"""The convergence campaign as tables and as a page."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.campaigns.tissue.convergence import DEPTHS_M, FORCES_N, MeshResult


def convergence_lines(results: Sequence[MeshResult]) -> list[str]:
    """Return the tables, as text: forces over mesh and step, third opinion, patches fitted to the law."""
    depths = " ".join(f"{1e3 * depth_m:5.0f}" for depth_m in DEPTHS_M)
    width = len(depths)
    lines = [
        f"{'':<8} {'':>6} {'':>6} {'':>7} | {'force N at mm':<{width}} | {'handed on at mm':<{width}} |       slide",
        f"{'mesh':<8} {'nodes':>6} {'tets':>6} {'ms/step':>7} | {depths} | {depths} | mean N  ripple N  friction",
    ]
    lines += [_row(one) for one in results]
    fitted = [one for one in results if one.fitted_mm]
    if fitted:
        heads = " ".join(f"{f'{force_n:g} N law / fem':>18}" for force_n in FORCES_N)
        lines += ["", f"{'fitted':<8} {heads}  (depth in mm)"]
        lines += [
            f"{one.task.name:<8} "
            + " ".join(f"{f'{law:.1f} / {fem:.1f}':>18}" for law, fem in zip(one.law_mm, one.fitted_mm, strict=True))
            for one in fitted
        ]
    return lines


def _row(one: MeshResult) -> str:
    forces = " ".join(f"{force_n:5.1f}" for force_n in one.forces_n)
    shares = " ".join(f"{share:5.2f}" for share in one.passed_on)
    found = one.slide
    slide = f"{found.mean_n:6.1f}  {found.ripple_n:8.2f}  {found.friction:8.2f}" if found is not None else "     -"
    return f"{one.task.name:<8} {one.nodes:6d} {one.tets:6d} {one.step_ms:7.1f} | {forces} | {shares} | {slide}"

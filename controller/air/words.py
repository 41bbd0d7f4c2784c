"""What a free-air check found, in one line."""

from __future__ import annotations

import math

from controller.air.findings import Found


def found_line(found: Found) -> str:
    """Return tool, sensor and arm as they were found, beside their files."""
    if found.is_weighed:
        tool = f"tool {found.mass_kg:.2f} kg (file {found.stated_mass_kg:.2f} kg)"
    else:
        tool = f"tool not weighed (the wrist was not turned; file {found.stated_mass_kg:.2f} kg)"
    zero_n, drift = math.hypot(*found.zero_s[:3]), max(map(abs, found.drift_s[:3]))
    off = max(range(len(found.gravity_error_nm)), key=lambda joint: abs(found.gravity_error_nm[joint]))
    gravity = f"gravity off by at most {abs(found.gravity_error_nm[off]):.2f} Nm (joint {off + 1}"
    gravity += ", corrected)" if found.is_corrected else ")"
    return f"{tool}, sensor zero {zero_n:.2f} N, drift {drift:.3f} N/s, {gravity}"

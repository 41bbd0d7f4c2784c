"""What all parts of ``summary.json`` have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class SummaryPart(BaseModel):
    """Strict, frozen, without NaN and infinity, which JSON does not know."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

"""Write the committed URDF files anew: ``python -m urdf.build``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from urdf.panda import panda_urdf
from urdf.servo7 import servo7_urdf
from urdf.table import table_urdf

FOLDER = Path(__file__).parent
GENERATED: Mapping[str, Callable[[], str]] = MappingProxyType(
    {"arms/servo7.urdf": servo7_urdf, "arms/panda.urdf": panda_urdf, "table.urdf": table_urdf}
)
"""What makes each committed file, by its path under this folder."""


def main() -> None:
    """Write every generated file."""
    for name, make in GENERATED.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()

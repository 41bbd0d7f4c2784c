"""All pictures of README and docs, from the code and a recorded run.

Run it as ``python -m workbench.docs_pictures.make FOLDER``.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from controller.errors import ConfigError, MassageArmError
from controller.law.gains import LawSettings
from controller.law.margins import margin_table
from trajectories.anatomy.body import load_body
from trajectories.anatomy.skin import Skin
from workbench.cli import OneLineParser
from workbench.docs_pictures.film import FILM_PICTURE, STILL_PICTURE, film_pictures
from workbench.docs_pictures.picture_inputs import ANATOMY_BODY, REQUEST, picture_inputs
from workbench.docs_pictures.picture_sources import (
    MANIFEST_NAME,
    Manifest,
    PictureRecord,
    SessionFacts,
    file_sha256,
    manifest_json,
    read_manifest,
    renamed,
    stale_pictures,
)
from workbench.figures.anatomy import draw_anatomy
from workbench.figures.force import force_error, force_over_time
from workbench.figures.frames import draw_frames
from workbench.figures.margins import margin_maps
from workbench.figures.pressure import body_map, load_relief
from workbench.figures.scene import DPI, Scene, draw_scene
from workbench.record.memory import RunMemory
from workbench.record.reader import RECORD_NAME, RunData, read_run
from workbench.record.summary import Summary, summarise
from workbench.record.tick_facts import tick_facts
from workbench.runs.prepare import Prepared, load_inputs, prepare
from workbench.runs.simulate import simulate

LARGEST_BYTES = 300_000
_SHADES = (255, 127, 63)
"""Steps of each colour tried until a file is small enough; 63 cannot be told from 255 but in long gradients."""
_SCENE_STROKE, _SCENE_SHARE = 1, 0.45
_FRAMES_STROKE, _FRAMES_SHARE = 0, 0.86
"""Stroke of the program, and how far in it, for the two pictures of the arm: chosen so that nothing hides the pad."""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What the pictures are made from.

    Attributes:
        prepared: body, arm and plan of the default session.
        run: its record, or that of another run.
    """

    prepared: Prepared
    run: RunData


PICTURES: Mapping[str, Callable[[Material], Figure]] = MappingProxyType(
    {
        "scene.png": lambda material: draw_scene(scene_at(material.prepared, _SCENE_STROKE, _SCENE_SHARE)),
        "frames.png": lambda material: draw_frames(scene_at(material.prepared, _FRAMES_STROKE, _FRAMES_SHARE)),
        "anatomy.png": lambda _: draw_anatomy(load_body(ANATOMY_BODY)),
        "session_force.png": lambda material: force_over_time(material.run),
        "session_body.png": lambda material: body_map(material.run, load_relief(material.run.config.body)),
        "session_error.png": lambda material: force_error(material.run.steps, tick_facts(material.run.steps)),
        "margins.png": lambda _: margin_maps(margin_table(LawSettings())),
    }
)
"""File name and maker of every picture of the default session."""
FILM_NAMES = (FILM_PICTURE, STILL_PICTURE)
NAMES = (*PICTURES, *FILM_NAMES)
"""All pictures; README.md and docs show exactly these."""


def scene_at(prepared: Prepared, stroke: int, share: float) -> Scene:
    """Return the scene of a plan in the work of one stroke.

    Args:
        prepared: body, arm and plan.
        stroke: index of the stroke.
        share: how far in it, 0 to 1.
    """
    segment = prepared.plan.segments[stroke]
    t_s = segment.start_s + share * (segment.end_s - segment.start_s)
    body = prepared.inputs.body
    return Scene(body, Skin.from_body(body), prepared.robot, prepared.plan, t_s)


def save_picture(figure: Figure, path: Path) -> None:
    """Write a PNG without date or program name: equal figures give equal files. Large ones get fewer shades.

    Raises:
        ConfigError: the file cannot be written.
    """
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=DPI)
    with Image.open(drawn) as image:
        pixels = np.asarray(image.convert("RGB")) / 255.0
    for shades in _SHADES:
        buffer = io.BytesIO()
        rounded = np.round(255.0 * np.round(pixels * shades) / shades).astype(np.uint8)
        Image.fromarray(rounded).save(buffer, format="PNG", optimize=True)
        if buffer.tell() <= LARGEST_BYTES:
            break
    _write_file(path, buffer.getvalue())


def _write_file(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError("FOLDER", f"{path} ({reason})", "a folder that can be written", "choose another one") from (
            error
        )


@contextmanager
def material(run: Path | None) -> Iterator[Material]:
    """Yield what the pictures are made from; without a recorded run the default session is run here, about a minute.

    Args:
        run: folder of a run, None to run the default session.
    """
    prepared = prepare(load_inputs(REQUEST))
    if run is not None:
        yield Material(prepared, read_run(run))
        return
    with tempfile.TemporaryDirectory(prefix="massage-arm-") as folder:
        memory = RunMemory(Path(folder) / RECORD_NAME, prepared.config)
        simulate(prepared, Path(folder), None, memory=memory)
        yield Material(prepared, memory.data())


def main(argv: Sequence[str] | None = None) -> int:
    """Write all pictures, or some, and print their names and sizes; errors are one line.

    Args:
        argv: arguments without the program's name, None for those of the process.
    """
    parser = OneLineParser(
        prog="python -m workbench.docs_pictures.make", description="Make the pictures of README and docs."
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where to write them")
    parser.add_argument("--run", type=Path, metavar="RUN", help="recorded run to draw; default: run the session now")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=NAMES, default=NAMES,
                        help=", ".join(NAMES))  # fmt: skip
    parser.add_argument(
        "--check", action="store_true", help="draw nothing, name the pictures that are older than their sources"
    )
    parser.add_argument("--rehash", action="store_true",
                        help="draw nothing, name the sources anew after files were moved only")  # fmt: skip
    try:
        arguments = parser.parse_args(argv)
        if arguments.check:
            return _check(arguments.folder)
        if arguments.rehash:
            _write_manifest(arguments.folder, renamed(read_manifest(arguments.folder), picture_inputs()))
        else:
            _write(arguments.folder, arguments.run, arguments.only)
    except MassageArmError as error:
        sys.stderr.write(f"massage-arm pictures: {error}\n")
        return error.exit_code
    return 0


def command_for(name: str) -> str:
    """Return the command that makes one picture anew."""
    return f'make pictures ARGS="--only {name}"'


def _check(folder: Path) -> int:
    stale = stale_pictures(folder, read_manifest(folder), picture_inputs())
    for picture in stale:
        sys.stdout.write(f"{picture}\n")
    return 1 if stale else 0


def _write(folder: Path, run: Path | None, names: Sequence[str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError("FOLDER", f"{folder} ({error.strerror})", "a folder that can be written") from error
    facts: SessionFacts | None = None
    drawn = [name for name in names if name in PICTURES]
    if drawn:
        with material(run) as made:
            for name in drawn:
                save_picture(PICTURES[name](made), folder / name)
                _tell(folder / name)
            facts = _facts(summarise(made.run))
    filmed = [name for name in names if name in FILM_NAMES]
    if filmed:
        made_film = film_pictures()
        files = {FILM_PICTURE: made_film.animation, STILL_PICTURE: made_film.still}
        for name in filmed:
            _write_file(folder / name, files[name])
            _tell(folder / name)
    if facts is not None:
        sys.stdout.write(f"README has to say: {facts.sentence()}\n")
    older, inputs = read_manifest(folder), picture_inputs()
    made_now = {
        name: PictureRecord(command=command_for(name), picture_sha256=file_sha256(folder / name), inputs=inputs[name])
        for name in names
    }
    _write_manifest(folder, Manifest(session=facts or older.session, pictures={**older.pictures, **made_now}))


def _facts(summary: Summary) -> SessionFacts | None:
    """Return the numbers of a completed session with truth, else None."""
    rmse, p95 = summary.force_rmse_n, summary.force_p95_abs_error_n
    peak, limit = summary.peak_force_n, summary.hard_limit_n
    if summary.verdict != "completed" or rmse is None or p95 is None or peak is None or limit is None:
        return None
    return SessionFacts(
        duration_s=round(summary.duration_s, 3), force_rmse_n=round(rmse, 4), force_p95_abs_error_n=round(p95, 4),
        peak_force_n=round(peak, 4), hard_limit_n=round(limit, 4),
    )  # fmt: skip


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    _write_file(folder / MANIFEST_NAME, manifest_json(manifest).encode())


def _tell(path: Path) -> None:
    sys.stdout.write(f"{path} {path.stat().st_size / 1000:.0f} kB\n")


if __name__ == "__main__":
    sys.exit(main())

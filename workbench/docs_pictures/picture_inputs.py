"""Which inputs every picture of README and docs depends on: chosen, not all of the code, so that few commits matter.

A session also depends on law, gate and simulation. These are left out: they change often, the picture seldom with them,
and what they must keep is held by tests of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType, ModuleType

import controller.law.gains
import controller.law.margins
import sim.fem.mesh_settings
import trajectories.anatomy.keepout
import trajectories.anatomy.measures
import trajectories.anatomy.regions
import workbench.docs_pictures.film
import workbench.figures.anatomy
import workbench.figures.body_mesh
import workbench.figures.film
import workbench.figures.film_scene
import workbench.figures.force
import workbench.figures.frames
import workbench.figures.margins
import workbench.figures.marks
import workbench.figures.mesh
import workbench.figures.pressure
import workbench.figures.raster
import workbench.figures.raster_kernel
import workbench.figures.scene
import workbench.figures.style
from trajectories.anatomy.body import load_body
from trajectories.programs.loader import PROGRAM_FOLDER
from urdf.arms import load_arm
from workbench.docs_pictures.picture_sources import drawn_sha256, file_sha256, module_sha256, text_sha256, yaml_sha256
from workbench.figures.style import INK, LIMIT, QUIET
from workbench.runs.request import DEFAULT_PLANT, SessionRequest

ANATOMY_BODY = "median_m"
REQUEST = SessionRequest("first_session", "median_f", "law", "servo7", "standard", 0.0, 1, plant=DEFAULT_PLANT)
"""The session that ``massage-arm run`` does without options."""

Inputs = dict[str, str]
_RENDERERS = (
    workbench.figures.mesh,
    workbench.figures.body_mesh,
    workbench.figures.raster,
    workbench.figures.raster_kernel,
)


def picture_inputs() -> dict[str, Inputs]:
    """Return the inputs of every picture as they are now: file name to input to hash."""
    return {name: collect() for name, collect in _INPUTS.items()}


def _session() -> Inputs:
    program = PROGRAM_FOLDER / f"{REQUEST.program}.yaml"
    request = (
        f"{REQUEST.gains} gains, surface error {REQUEST.surface_error_mm:g} mm, seed {REQUEST.seed}, {REQUEST.plant}"
    )
    return {
        f"program {REQUEST.program}": yaml_sha256(program.read_text(encoding="utf-8")),
        **_body(REQUEST.body),
        **_arm(),
        "request": text_sha256(request),
    }


def _body(name: str) -> Inputs:
    return {f"body {name}": file_sha256(load_body(name).path)}


def _arm() -> Inputs:
    return {f"arm {REQUEST.arm} with its tool": drawn_sha256(load_arm(REQUEST.arm).urdf_path)}


def _figures(*modules: ModuleType) -> Inputs:
    return {f"figure {_last_name(module)}": module_sha256(module) for module in modules}


def _code(*modules: ModuleType) -> Inputs:
    return {f"code {_last_name(module)}": module_sha256(module) for module in modules}


def _last_name(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def _film() -> Inputs:
    return {
        "program of the film": yaml_sha256(workbench.docs_pictures.film.PROGRAM),
        **_body(workbench.docs_pictures.film.BODY),
        **_arm(),
        **_code(sim.fem.mesh_settings),
        **_figures(workbench.figures.film, workbench.figures.film_scene, *_RENDERERS),
        **_palette(),
    }


def _anatomy() -> Inputs:
    zones = _code(trajectories.anatomy.regions, trajectories.anatomy.keepout, trajectories.anatomy.measures)
    return {**_body(ANATOMY_BODY), **zones, **_figures(workbench.figures.anatomy), **_palette()}


def _palette() -> Inputs:
    """Return the colours that pictures without the common axes take from the style."""
    return {"figure colours": text_sha256(f"{INK} {QUIET} {LIMIT}")}


def _rendered(*modules: ModuleType) -> Inputs:
    return {**_session(), **_figures(*modules, *_RENDERERS), **_palette()}


def _drawn(*modules: ModuleType) -> Inputs:
    """Return the inputs of a figure of the session in the common style."""
    return {**_session(), **_figures(*modules, workbench.figures.style)}


_INPUTS: Mapping[str, Callable[[], Inputs]] = MappingProxyType(
    {
        "scene.png": lambda: _rendered(workbench.figures.scene),
        "frames.png": lambda: _rendered(workbench.figures.frames, workbench.figures.scene),
        "anatomy.png": _anatomy,
        "session_force.png": lambda: _drawn(workbench.figures.force, workbench.figures.marks),
        "session_body.png": lambda: _drawn(workbench.figures.pressure),
        "session_error.png": lambda: _drawn(workbench.figures.force),
        "margins.png": lambda: {
            **_code(controller.law.gains, controller.law.margins),
            **_figures(workbench.figures.margins, workbench.figures.style),
        },
        workbench.docs_pictures.film.FILM_PICTURE: _film,
        workbench.docs_pictures.film.STILL_PICTURE: _film,
    }
)

"""The film of the tissue: it changes no force, comes back from its file, shows the dent, and never breaks a report."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from controller.errors import RecordError
from sim.fem.calibration import material
from sim.fem.mesh import strip_mesh
from sim.fem.mesh_settings import MeshSettings
from sim.fem.patched_back import Patch, PatchedBack, Spot
from sim.fem.soft_back import PadShape, SoftBack
from sim.fem.surface import FlatSurface
from tests.synthetic import Synthetic
from trajectories.anatomy.body import load_body
from trajectories.anatomy.skin import Skin
from workbench.figures.film import draw_film
from workbench.figures.film_scene import FilmScene
from workbench.record.columns import no_steps
from workbench.record.reader import RunData
from workbench.record.summary import summarise
from workbench.report.film_report import load_film_pictures
from workbench.report.report import render_report
from workbench.runs.film_camera import PERIOD_S, FilmCamera
from workbench.runs.film_file import FILM_BEGINNING, FILM_NAME, Film, read_film, write_film

Array = NDArray[np.float64]
BODY, X_M, Y_M = "median_f", 0.20, 0.05
PAD, DT_S, DEPTH_M = PadShape(0.018, 0.2), 1e-3, 0.010
SMALL = MeshSettings(band_m=0.03, reach_m=0.04, layers=2)
UP, DOWN = np.array([0.0, 0.0, 1.0]), np.diag([1.0, -1.0, -1.0])


@functools.cache
def height_m() -> float:
    return float(Skin.from_body(load_body(BODY)).height(X_M, Y_M)[0])


@dataclass
class Slab:
    """A pad that is driven over a level slab of finite elements, where the back of a person is."""

    soft: PatchedBack | None
    pad: Array

    def true_tool(self) -> tuple[Array, Array]:
        return self.pad.copy(), DOWN


def slab() -> Slab:
    surface = FlatSurface(height_m(), 0.03)

    def make(x_m: float, y_m: float) -> Patch:
        return Patch(
            SoftBack(strip_mesh(surface, np.array([[x_m, y_m]]), SMALL), material(20e3), PAD, DT_S),
            np.array((x_m, y_m)),
        )

    return Slab(PatchedBack(make, PAD, DT_S), np.zeros(9))


def drive(world: Slab, watch: Callable[[float, float], None]) -> Array:
    """Let the pad come down, slide over to the next patch and lift; return the wrenches (K, 6)."""
    wrenches, x_m, soft = [], X_M, world.soft
    assert soft is not None
    down = np.concatenate([np.linspace(-0.008, DEPTH_M, 150), np.full(250, DEPTH_M), np.linspace(DEPTH_M, -0.02, 100)])
    for tick, depth_m in enumerate(down.tolist()):
        v_x = 0.14 if depth_m == DEPTH_M else 0.0
        v_z = -float(down[min(tick + 1, len(down) - 1)] - depth_m) / DT_S
        world.pad = np.array([x_m, Y_M, height_m() + PAD.radius_m - depth_m, v_x, 0.0, v_z, 0.0, 0.0, 0.0])
        spot = Spot(np.array([x_m, Y_M, height_m()]), UP, depth_m, 0.0)
        wrenches.append(soft.wrench(world.pad, spot, tick * DT_S))
        watch(tick * DT_S, float(wrenches[-1][2]))
        x_m += v_x * DT_S
    soft.close()
    return np.array(wrenches)


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Array, Path]:
    """Wrenches of a filmed drive, and its film."""
    path, world = tmp_path_factory.mktemp("film") / FILM_NAME, slab()
    with FilmCamera(world, path, PAD.radius_m) as camera:
        wrenches = drive(world, camera.see)
    return wrenches, path


@pytest.fixture(scope="module")
def film(taken: tuple[Array, Path]) -> Film:
    read = read_film(taken[1])
    assert read is not None
    return read


def two(film: Film) -> Film:
    """Return a film of two moving pictures."""
    kept = np.array([1, film.moving - 2, len(film.t_s) - 1])
    return replace(
        film, t_s=film.t_s[kept], press_n=film.press_n[kept], pad_m=film.pad_m[kept], axis_w=film.axis_w[kept],
        patch=film.patch[kept], nodes_m=film.nodes_m[kept], pressure_pa=film.pressure_pa[kept],
    )  # fmt: skip


def test_filming_changes_no_force_to_the_last_bit(taken: tuple[Array, Path]) -> None:
    wrenches, _ = taken
    assert np.abs(wrenches[:, 2]).max() > 5.0
    assert drive(slab(), lambda t_s, press_n: None).tobytes() == wrenches.tobytes()


def test_the_film_begins_near_the_skin_and_ends_off_it(film: Film) -> None:
    assert film.moving == pytest.approx(0.46 / PERIOD_S, abs=2)
    np.testing.assert_allclose(np.diff(film.t_s[:-1]), PERIOD_S, atol=DT_S)
    assert film.press_n[0] == 0.0
    assert len(film.rest_m) == 2, "the pad went over to a second patch"
    assert set(film.patch.tolist()) == {0, 1}


def test_the_still_is_the_moment_of_the_highest_force(taken: tuple[Array, Path], film: Film) -> None:
    assert float(taken[0][:, 2].max()) - film.press_n[-1] < 0.3
    assert film.press_n[-1] >= film.press_n[:-1].max()


def test_the_nodes_are_dented_under_the_pad_and_pressed(film: Film) -> None:
    peak = len(film.t_s) - 1
    deepest = int(np.argmin(film.nodes_m[peak, :, 2]))
    assert height_m() - film.nodes_m[peak, deepest, 2] > 0.6 * DEPTH_M
    assert np.hypot(*(film.nodes_m[peak, deepest] - film.pad_m[peak])[:2]) < PAD.radius_m
    hottest = film.nodes_m[peak, int(np.argmax(film.pressure_pa[peak]))]
    assert np.hypot(*(hottest - film.pad_m[peak])[:2]) < 0.03
    assert 500.0 < film.pressure_pa[peak].max() < 50e3
    assert film.triangles.max() == film.rest_m.shape[1] - 1
    assert film.axis_w[0].tolist() == [0.0, 0.0, -1.0]


def test_a_film_comes_back_from_its_file(taken: tuple[Array, Path], film: Film, tmp_path: Path) -> None:
    assert taken[1].read_bytes().startswith(FILM_BEGINNING)
    assert taken[1].stat().st_size < 100_000
    write_film(tmp_path / FILM_NAME, film)
    again = read_film(tmp_path / FILM_NAME)
    assert again is not None
    for name in Film.__slots__:
        np.testing.assert_array_equal(getattr(again, name), getattr(film, name))
    assert [path.name for path in tmp_path.iterdir()] == [FILM_NAME]


def test_a_run_that_breaks_off_leaves_its_film(tmp_path: Path) -> None:
    world = slab()

    def stop(t_s: float, press_n: float) -> None:
        camera.see(t_s, press_n)
        if t_s > 0.2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), FilmCamera(world, tmp_path / FILM_NAME, PAD.radius_m) as camera:
        drive(world, stop)
    cut = read_film(tmp_path / FILM_NAME)
    assert cut is not None
    assert cut.moving >= 2


def test_without_finite_elements_nothing_is_filmed(tmp_path: Path) -> None:
    with FilmCamera(Slab(None, np.zeros(9)), tmp_path / FILM_NAME, PAD.radius_m) as camera:
        assert camera.observers() == ()
        camera.see(0.0, 0.0)
    assert list(tmp_path.iterdir()) == []
    assert read_film(tmp_path / FILM_NAME) is None
    assert load_film_pictures(tmp_path, BODY) is None


def test_a_film_that_cannot_be_written_is_one_line(film: Film, tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="free disk space") as caught:
        write_film(tmp_path / "missing" / FILM_NAME, film)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["empty", "text", "cut", "other", "nan", "index", "shape"])
def test_a_broken_film_is_one_line_and_a_report_without_it(
    kind: str, taken: tuple[Array, Path], film: Film, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / FILM_NAME
    whole = taken[1].read_bytes()
    contents = {"empty": b"", "text": b"my film", "cut": whole[: len(whole) // 2]}
    if kind in contents:
        path.write_bytes(contents[kind])
    elif kind == "other":
        np.savez(path, something=np.zeros(3))
    else:
        broken = {"nan": film.nodes_m * np.nan, "index": film.triangles + 10_000, "shape": film.nodes_m[:1]}[kind]
        np.savez(path, massage_arm_film=np.array(1), **{name: getattr(film, name) for name in Film.__slots__}
                 | {"triangles" if kind == "index" else "nodes_m": broken})  # fmt: skip
    with pytest.raises(RecordError, match=r"film\.npz: no film"):
        read_film(path)
    assert load_film_pictures(tmp_path, BODY) is None
    complaint = capsys.readouterr().err
    assert complaint.startswith("massage-arm: the report has no film: ")
    assert complaint.count("\n") == 1


def test_two_pictures_give_an_animation_of_two_and_a_still(film: Film) -> None:
    drawn = draw_film(two(film), load_body(BODY), 160, 240)
    assert drawn.kind == "image/webp"
    with Image.open(io.BytesIO(drawn.animation)) as animation:
        assert (animation.format, animation.n_frames, animation.size) == ("WEBP", 2, (160, 100))
    with Image.open(io.BytesIO(drawn.still)) as still:
        assert (still.format, still.size) == ("PNG", (240, 148))
    assert (drawn.peak_n, drawn.peak_s) == (film.press_n[-1], film.t_s[-1])


def test_the_drawn_skin_is_dented_and_coloured_where_the_pad_is(film: Film) -> None:
    peak = len(film.t_s) - 1
    scene = FilmScene(load_body(BODY), film, np.array([peak]))
    pressed = scene.mesh(peak, 5e3)
    calm = replace(film, nodes_m=film.rest_m[film.patch], pressure_pa=0.0 * film.pressure_pa)
    flat = FilmScene(load_body(BODY), calm, np.array([peak])).mesh(peak, 5e3)
    lower = flat.vertices_m[:, 2] - pressed.vertices_m[:, 2]
    far = np.hypot(*(flat.vertices_m - film.pad_m[peak])[:, :2].T)
    assert lower[far < 0.01].max() > 0.6 * DEPTH_M
    assert np.abs(lower[far > 0.1]).max() < 1e-3
    changed = np.abs(flat.colors - pressed.colors).max(axis=1)
    assert changed[far < 0.02].max() > 0.3
    assert changed[far > 0.1].max() == 0.0


def test_a_report_shows_the_film_and_loads_nothing(film: Film, tmp_path: Path, synthetic: Synthetic) -> None:
    write_film(tmp_path / FILM_NAME, two(film))
    run = RunData(tmp_path, synthetic.config, no_steps(), (), (), True)
    text = render_report(run, summarise(run), None, load_film_pictures(tmp_path, BODY))
    assert text.count('<img src="data:image/webp;base64,') == text.count('<img src="data:image/png;base64,') == 1
    assert "The back under the thumb" in text
    assert f"{film.press_n[-1]:.1f} N" in text
    assert "http" not in text
    assert "<img" not in render_report(run, summarise(run), None)

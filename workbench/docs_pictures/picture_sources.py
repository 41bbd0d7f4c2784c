"""What a picture of README or docs was made from, as hashes, so that a picture older than its sources is found.

``docs/pictures/sources.json`` is written together with the pictures. Hashes are of what matters: values of a YAML file
rather than its comments, and Python code without docstrings, comments and imports, so that rewritten sentences and
moved files leave a picture as it is.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import orjson
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from controller.errors import ConfigError

MANIFEST_NAME = "sources.json"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class PictureRecord(_Model):
    """One picture.

    Attributes:
        command: makes it anew.
        picture_sha256: hash of the picture's file.
        inputs: what it was made from, by name, as hashes.
    """

    command: str
    picture_sha256: str
    inputs: dict[str, str]


class SessionFacts(_Model):
    """Numbers of the session in the pictures, for the sentences about it.

    Attributes:
        duration_s: length of the session.
        force_rmse_n: root mean square of the force error [N].
        force_p95_abs_error_n: 95 % of the working samples have a smaller force error [N].
        peak_force_n: largest true press force [N].
        hard_limit_n: smallest hard limit while the pad touched [N].
    """

    duration_s: float
    force_rmse_n: float
    force_p95_abs_error_n: float
    peak_force_n: float
    hard_limit_n: float

    def sentence(self) -> str:
        """Return the sentence of README about the default session."""
        return (
            f"The default session takes {self.duration_s:.0f} s. Its true press force stays within "
            f"{self.force_p95_abs_error_n:.2f} N of the planned one in 95 % of all working samples "
            f"({self.force_rmse_n:.2f} N RMS) and never exceeds {self.peak_force_n:.1f} N; the smallest hard limit in "
            f"contact is {self.hard_limit_n:.0f} N."
        )


class Manifest(_Model):
    """``sources.json``.

    Attributes:
        session: numbers of the session; None before it has been drawn.
        pictures: all pictures by file name.
    """

    session: SessionFacts | None = None
    pictures: dict[str, PictureRecord] = {}


@dataclass(frozen=True, slots=True)
class Stale:
    """A picture that does not belong to its sources any more.

    Attributes:
        picture: file name.
        changed: names of the inputs that changed, came or went; ``the picture itself`` where the file is another one.
        command: makes it anew.
    """

    picture: str
    changed: tuple[str, ...]
    command: str

    def __str__(self) -> str:
        """Return one line: what changed and what to do."""
        return f"{self.picture} is older than {', '.join(self.changed)}; make it anew: {self.command}"


def text_sha256(text: str) -> str:
    """Return the hash of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """Return the hash of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def drawn_sha256(path: Path) -> str:
    """Return the hash of an arm's file without the lines that say of its drives what no picture shows."""
    lines = path.read_bytes().splitlines(keepends=True)
    return hashlib.sha256(b"".join(line for line in lines if b"<joint_drive " not in line)).hexdigest()


def yaml_sha256(text: str) -> str:
    """Return the hash of the values of a YAML text; comments, order of keys and spelling of numbers do not count."""
    return hashlib.sha256(orjson.dumps(yaml.safe_load(text), option=orjson.OPT_SORT_KEYS)).hexdigest()


def module_sha256(module: ModuleType) -> str:
    """Return the hash of a module's code, see ``code_sha256``."""
    if module.__file__ is None:
        raise ConfigError("module", module.__name__, "a module with a source file")
    return code_sha256(Path(module.__file__).read_text(encoding="utf-8"))


def code_sha256(source: str) -> str:
    """Return the hash of Python code without docstrings, comments, formatting and imports."""
    lines = ast.unparse(_Essence().visit(ast.parse(source))).splitlines()
    return text_sha256("\n".join(line for line in lines if line.strip() != "pass"))


class _Essence(ast.NodeTransformer):
    """Replaces by ``pass`` what a picture does not depend on: bare texts and imports, which change when files move."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """Replace docstrings and other bare texts."""
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return ast.Pass() if is_text else node

    def visit_Import(self, _node: ast.Import) -> ast.AST:
        """Replace an import."""
        return ast.Pass()

    def visit_ImportFrom(self, _node: ast.ImportFrom) -> ast.AST:
        """Replace an import of names."""
        return ast.Pass()


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a folder of pictures, an empty one where there is none yet.

    Raises:
        ConfigError: the file is no such manifest.
    """
    path = folder / MANIFEST_NAME
    if not path.is_file():
        return Manifest()
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        reason = str(error.errors()[0]["msg"])
        raise ConfigError(MANIFEST_NAME, reason, "the file that `make pictures` writes", "remove it") from error


def manifest_json(manifest: Manifest) -> str:
    """Return ``sources.json`` as text, pictures and inputs in order of their names."""
    return orjson.dumps(
        manifest.model_dump(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    ).decode()


def stale_pictures(folder: Path, manifest: Manifest, inputs: Mapping[str, Mapping[str, str]]) -> list[Stale]:
    """Return the pictures whose file or inputs are not those of the manifest.

    Args:
        folder: folder of the pictures.
        manifest: its manifest.
        inputs: the inputs of every picture as they are now.
    """
    found = []
    for name, now in inputs.items():
        record = manifest.pictures.get(name)
        if record is None:
            found.append(Stale(name, ("its first entry in the manifest",), "make pictures"))
            continue
        then = record.inputs
        changed = [key for key in sorted({*now, *then}) if now.get(key) != then.get(key)]
        if not (folder / name).is_file() or file_sha256(folder / name) != record.picture_sha256:
            changed.append("its entry in the manifest (the file is another one)")
        if changed:
            found.append(Stale(name, tuple(changed), record.command))
    return found


def renamed(manifest: Manifest, inputs: Mapping[str, Mapping[str, str]]) -> Manifest:
    """Return the manifest with the inputs named as they are now, for files that were moved but not changed.

    Raises:
        ConfigError: an input of a picture changed, so that the picture has to be made anew.
    """
    pictures = {}
    for name, record in manifest.pictures.items():
        now = inputs.get(name)
        if now is None or sorted(now.values()) != sorted(record.inputs.values()):
            raise ConfigError(
                "--rehash", f"{name}, of which an input changed", "inputs that only moved", record.command
            )
        pictures[name] = record.model_copy(update={"inputs": dict(now)})
    return manifest.model_copy(update={"pictures": pictures})

"""The command ``massage-arm``: arguments, one-line errors, exit codes; every command lives in a module of its own."""

from __future__ import annotations

import argparse
import codecs
import importlib
import io
import os
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn, cast

from controller.errors import ConfigError, MassageArmError
from workbench.bench.options import add_bench_options
from workbench.runs.options import (
    LARGEST_SEED,
    LARGEST_SURFACE_ERROR_MM,
    add_drive_options,
    add_json,
    add_session_options,
    number,
    whole,
)
from workbench.runs.realtime_options import add_realtime_options
from workbench.runs.rig_options import add_rig_options
from workbench.runs.stages import PATIENCE_S, stage

EXIT_OK, EXIT_INTERNAL, EXIT_USAGE, EXIT_OPERATOR = 0, 1, 2, 4
DEBUG_VARIABLE = "MASSAGE_ARM_DEBUG"
DRILLS = ("host-killed", "host-stopped", "supervisor-killed", "memory-corrupt", "upsets")
"""Names for ``drill``; those of ``workbench.drill.faults``, which this module does not load for every command, and all
rounds of ``workbench.drill.upsets``."""
CAMPAIGNS = ("acceptance", "faults", "alarms", "elasticity", "tissue", "convergence", "calibration")
_COMMANDS = {
    "run": "workbench.commands.session:run",
    "check": "workbench.commands.session:check",
    "report": "workbench.commands.report:report",
    "replay": "workbench.commands.replay:replay",
    "explain": "workbench.commands.explain:explain",
    "export": "workbench.commands.export:export",
    "doctor": "workbench.doctor:main",
    "campaign": "workbench.commands.campaign:main",
    "bench": "workbench.commands.bench:main",
    "gains": "workbench.commands.gains:main",
    "body": "workbench.commands.body:draw_body",
    "drill": "workbench.commands.drill:main",
    "drive": "workbench.commands.drive:main",
    "rig": "workbench.commands.rig:main",
    "list": "workbench.commands.names:main",
    "faults": "workbench.commands.names:faults",
    "techniques": "workbench.commands.techniques:main",
}


class OneLineParser(argparse.ArgumentParser):
    """A parser whose complaints are one line: what was got, what is allowed, what to do."""

    def error(self, message: str) -> NoReturn:
        """Raise ConfigError instead of printing the usage."""
        text = " ".join(message.split())
        choice = re.match(r"argument COMMAND: invalid choice: (\S+)", text)
        if choice or "required: COMMAND" in text:
            got = choice[1] if choice else "none"
            raise ConfigError("command", got, ", ".join(_COMMANDS), f"see {self.prog} --help")
        if unknown := re.match(r"argument (.+?): invalid choice: (.+) \(choose from (.+)\)$", text):
            raise ConfigError(unknown[1], unknown[2], unknown[3].replace("'", ""), f"see {self.prog} --help")
        if missing := re.match(r"the following arguments are required: (.+)$", text):
            raise ConfigError(missing[1], "none", self.usage_line(), f"see {self.prog} --help")
        if options := re.match(r"one of the arguments (.+) is required$", text):
            raise ConfigError(options[1].replace(" ", ", "), "none", self.usage_line(), f"see {self.prog} --help")
        if superfluous := re.match(r"argument (.+?): ignored explicit argument (.+)$", text):
            raise ConfigError(superfluous[1], f"a value, {superfluous[2]}", "no value", f"see {self.prog} --help")
        if valueless := re.match(r"argument (.+?): expected (?:one|at least one) argument$", text):
            raise ConfigError(valueless[1], "no value", self.usage_line(), f"see {self.prog} --help")
        raise ConfigError("arguments", text, self.usage_line(), f"see {self.prog} --help")

    def usage_line(self) -> str:
        """Return what this command takes, as one line."""
        return " ".join(self.format_usage().removeprefix("usage: ").split())


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; errors go to stderr as one line.

    Args:
        argv: arguments without the program's name, None for those of the process.
    """
    try:
        arguments = _parse(argv)
        _prepare_output(is_json=getattr(arguments, "json", False))
        with stage("loading", after_s=PATIENCE_S):
            command = _command(arguments.command)
        return command(arguments)
    except MassageArmError as error:
        _complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        _complain("stopped by the operator; nothing is moving; run it again when ready")
        return EXIT_OPERATOR
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK
    except OSError as error:
        _complain(f"{error.filename or 'output'}: got {error.strerror or error}; free the disk or choose another place")
        return EXIT_USAGE
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        _complain(
            f"internal error, {type(error).__name__}: {error}; please report it with the output of "
            f"`massage-arm doctor` ({DEBUG_VARIABLE}=1 shows where it happened)"
        )
        return EXIT_INTERNAL


def _prepare_output(*, is_json: bool) -> None:
    """Let names of any script pass where the locale cannot show them: JSON is UTF-8, other text gets escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and codecs.lookup(stream.encoding).name != "utf-8":
            stream.reconfigure(encoding="utf-8" if is_json else None, errors="backslashreplace")


def _complain(text: str) -> None:
    """Print one line of printable text; a file name may hold anything, also what would steer a terminal."""
    line = " ".join(text.split())
    shown = "".join(character if character.isprintable() else ascii(character)[1:-1] for character in line)
    with suppress(OSError, AttributeError):  # a closed standard error takes nothing; the exit code still tells
        print(f"massage-arm: {shown}", file=sys.stderr)


def _command(name: str) -> Callable[[argparse.Namespace], int]:
    module, _, function = _COMMANDS[name].partition(":")
    return cast("Callable[[argparse.Namespace], int]", getattr(importlib.import_module(module), function))


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser, commands = _parsers()
    given = sys.argv[1:] if argv is None else list(argv)
    for text in given:
        _refuse_unusable(text)
    arguments, unknown = parser.parse_known_args(given)
    if unknown:
        command = commands[arguments.command]
        raise ConfigError("arguments", repr(unknown[0]), command.usage_line(), f"see {command.prog} --help")
    return arguments


def _refuse_unusable(text: str) -> None:
    """Refuse an argument that names nothing, or that is no text; an empty one often comes from an unset variable."""
    name, has_value, value = text.partition("=")
    if not text or (name.startswith("--") and has_value and not value):
        raise ConfigError("arguments", f"{text!r}, which is empty", "a value", "leave the option out for its default")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ConfigError("arguments", ascii(text), "UTF-8 text", "set LANG=C.UTF-8, or rename the file") from error


def _parsers() -> tuple[OneLineParser, dict[str, OneLineParser]]:
    """Return the parser and those of its commands."""
    parser = OneLineParser(prog="massage-arm", description="A back massage in simulation, under hard force limits.",
                           allow_abbrev=False)  # fmt: skip
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=OneLineParser)

    def command(name: str, text: str) -> OneLineParser:
        return commands.add_parser(name, help=text, description=text, allow_abbrev=False)

    add_session_options(command("run", "run a whole session in simulation and write its record and report"))
    add_session_options(command("check", "make the plan and print its worst-case forces; nothing moves or is written"))
    add_drive_options(command("drive", "run a whole session on servo hardware, or rehearse it through the real driver"))
    for name, text in (
        ("report", "write report.html and summary.json of a run again, from its record"),
        ("replay", "print a run as a table over time"),
        ("explain", "print why a run stopped and draw its last second"),
    ):
        looking_back = command(name, text)
        many = "?" if name == "explain" else None
        looking_back.add_argument("run", metavar="RUN", type=Path, nargs=many, help="folder of a run, or its record")
        add_json(looking_back)
        if name == "explain":
            looking_back.add_argument(
                "--table", action="store_true", help="every cause: what the arm does, who may clear it, what to do next"
            )
    _add_export_options(command("export", "write a run in the format of another program"))
    _add_campaign_options(command("campaign", "run many sessions and compare them with the targets"))
    doctor = command("doctor", "check this installation, or measure which rate of the loop it can hold")
    add_realtime_options(doctor, number)
    add_json(doctor)
    bench = command("bench", "measure the speed of the loop on this machine")
    add_bench_options(bench, whole("--repeat", 1, 20))
    add_json(bench)
    gains = command("gains", "print stability margins of the gain sets over loop lag and tissue stiffness")
    gains.add_argument("--gains", nargs="+", metavar="NAME or FILE", help="only these; default: all that have names")
    gains.add_argument("--arm", default=None, metavar="NAME or FILE",
                       help="margins of this arm in the default program instead")  # fmt: skip
    add_json(gains)
    drill = command("drill", "kill, stop or corrupt a process while the arm presses, and print the true force")
    drill.add_argument("name", metavar="NAME", choices=DRILLS,
                       help=", ".join(DRILLS) + "; upsets: signals, starvation, suspension and a killed owner, and a "
                            "table of missed and false reactions")  # fmt: skip
    drill.add_argument("--repeat", type=whole("--repeat", 1, 100), default=1, metavar="N",
                       help="rounds of every event of upsets, default 1")  # fmt: skip
    add_json(drill)
    add_rig_options(command("rig", "rig files: draft and schema; check and monitor of a rig; identification of an arm"))
    body = command("body", "draw a body with its regions and keep-out zones")
    body.add_argument("name", metavar="NAME or FILE", help="body, or an .npz file")
    body.add_argument(
        "--out",
        type=Path,
        default=Path("body.png"),
        metavar="FILE",
        help="picture to write, .png, .svg or .pdf; default body.png",
    )
    add_json(command("list", "print the names of programs, bodies, arms and gain sets"))
    add_json(command("faults", "print the faults that --fault can inject into a session"))
    techniques = command("techniques", "print the techniques of a stroke with their fields and ranges")
    techniques.add_argument("--markdown", type=Path, metavar="FILE", help="also write it as a page")
    add_json(techniques)
    return parser, dict(commands.choices)


def _add_export_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", type=Path, help="folder of a run, or its record")
    formats = parser.add_mutually_exclusive_group(required=True)
    for name, text in (
        ("csv", "CSV: a line a tick"),
        ("parquet", "Parquet; needs the package polars"),
        ("hdf5", "HDF5; needs the package h5py"),
        ("rerun", "recording of the viewer rerun; needs the package rerun-sdk"),
    ):
        formats.add_argument(f"--{name}", dest="format", action="store_const", const=name, help=text)
    parser.add_argument("--out", type=Path, metavar="FILE", help="file to write; default beside the record")
    parser.add_argument("--overwrite", action="store_true", help="replace the file that --out names")


def _add_campaign_options(parser: OneLineParser) -> None:
    parser.add_argument("name", metavar="NAME", choices=CAMPAIGNS,
                        help="acceptance: sessions against the targets; faults: every fault at full force; "
                             "alarms: sessions without a fault, none may stop; elasticity: joints from soft to "
                             "stiff; tissue: contact law against finite elements; convergence: finite elements "
                             "over mesh and time step; calibration: stiffness of the finite elements, stored in the "
                             "code")  # fmt: skip
    parser.add_argument(
        "--program",
        metavar="NAME or FILE",
        help="program; default first_session, of alarms all, of elasticity paraspinal_only",
    )
    for option, example in (("--bodies", "median_f"), ("--arms", "servo7"), ("--gains", "standard"),
                            ("--techniques", "shoulder_kneading")):  # fmt: skip
        help_text = f"for example {example}; default: all that the campaign covers"
        metavar = "NAME" if option == "--techniques" else "NAME or FILE"
        parser.add_argument(option, nargs="+", metavar=metavar, help=help_text)
    parser.add_argument("--plants", "--plant", dest="plants", nargs="+", metavar="NAME or FILE",
                        help="exact, typical or poor, drawn by the seed, or a YAML plant file; default: acceptance "
                             "exact and typical, alarms typical, faults exact")  # fmt: skip
    parser.add_argument("--faults", nargs="+", metavar="NAME[=VALUE]", help="only these; NAME+NAME for two at once")
    parser.add_argument("--tissue", metavar="law or fem", help="tissue model of acceptance and faults, default law; "
                        "fem is slow and has smaller tables")  # fmt: skip
    parser.add_argument(
        "--count", type=whole("--count", 1, 100_000), metavar="N", help="sessions of alarms, default 200"
    )
    parser.add_argument("--cells", type=whole("--cells", 1, 100_000), metavar="N",
                        help="faults: so many cells drawn over all phases of a session, arms, bodies, gain sets, seeds "
                             "and set-points, on typical plants; every fault is in every phase on every arm from 900 "
                             "on")  # fmt: skip
    parser.add_argument("--seeds", nargs="+", type=whole("--seeds", 0, LARGEST_SEED), metavar="N", help="default 1 2 3")
    millimetres = number("--surface-errors", 0.0, LARGEST_SURFACE_ERROR_MM, "mm")
    parser.add_argument("--surface-errors", nargs="+", type=millimetres, metavar="MM", help="default 0 3: exact, 3 off")
    parser.add_argument(
        "--jobs", type=whole("--jobs", 1, 256), default=2, metavar="N", help="sessions at a time, default 2"
    )
    parser.add_argument("--from", dest="earlier", nargs="+", type=Path, metavar="FILE",
                        help="read results that --json printed earlier instead of running")  # fmt: skip
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the result as a page")
    add_json(parser)


if __name__ == "__main__":
    sys.exit(main())

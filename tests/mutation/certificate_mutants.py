"""Which changes of the compiled certificate do its trials see? One place at a time; those that survive are printed.

`python -m tests.mutation.certificate_mutants [part of a function's name ...]` takes some minutes.

mutmut leaves compiled functions alone, so the certificate is changed here. Its kernels run uncompiled, on ticks from
``tests.certificate_cases`` and from the edges of what it passes (``tests.certificate_edges``), which were kept together
with what the Python gate made of them: it let the command through and remembered this, or it did not. A changed
certificate is found out where it lets through what the gate did not, or where it remembers something else.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import inspect
import re
import signal
import sys
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import numpy as np

from controller.certificate import kernel, motion, place, press, senses
from controller.certificate.certificate import CompiledCertificate
from controller.certificate.rows import Row
from controller.safety.memory import remembered
from tests.certificate_cases import DT_S, Trial, from_memory, recorded, trial
from tests.certificate_edges import bases, certificate_judge, edges

MODULES = (senses, motion, place, press, kernel)
LONGEST_S = 2.0
"""Processor time of one tick that a change may take: some never end."""
SEEDS, PASSING = range(1, 2000), 70
"""Random trials, and how many of those that pass are kept."""
WHOLE = 8
"""Around so many ticks limits are turned too: those as they were, filtered, driven, and next to a keep-out."""
REVIEWED = Path("docs/mutants.md")
ROW = re.compile(r"^\| `(?P<function>controller\.certificate\.[^`]+)` \| `(?P<change>[^`]+)` \|", re.MULTILINE)
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
Arrays = tuple[np.ndarray, ...]


@dataclass(frozen=True, eq=False)
class Kept:
    """A tick that the certificate was asked about.

    Attributes:
        before: the row before it.
        fixed: what else the kernel is given.
        after: bits of what the gate remembers after it; None where it did not let the command through as it was.
        row: what the certificate made of it; None where it did not let it through.
    """

    before: np.ndarray
    fixed: Arrays
    after: bytes | None
    row: np.ndarray | None


class Keeper(CompiledCertificate):
    """A certificate that keeps what it is asked."""

    asked: tuple[np.ndarray, Arrays] | None = None

    def _ask(self) -> bool:
        packed, now, limits, bounds, grid, terms, work = self._fixed
        self.asked = self._row.all.copy(), (packed.copy(), now.copy(), limits, bounds, grid, terms.copy(), work)
        return super()._ask()


def keep(arm_name: str, trials: Iterable[Trial]) -> list[Kept]:
    """Return trials that the certificate was asked about, with what the gate makes of them."""
    kept: list[Kept] = []
    models, limits = recorded(arm_name).models, recorded(arm_name).limits
    keeper = Keeper(limits, DT_S, models[0])
    for one in trials:
        gate = from_memory(one.limits, models[1], one.memory)
        if one.limits is not limits:
            # Ticks that are judged by the same limits share them: a grid of keep-outs is large.
            limits, keeper = one.limits, Keeper(one.limits, DT_S, models[0])
        keeper.asked = None
        passed = keeper.passes(*one.tick) if keeper.take(one.memory) else None
        if keeper.asked is None:
            continue
        found = gate.judge(*one.tick)
        memory = None if found.stop is not None or found.limited else remembered(gate, len(one.limits.torque_nm))
        row = None if passed is None else keeper._row.all.copy()
        kept.append(Kept(*keeper.asked, None if memory is None else memory.bits(), row))
    return kept


def random_ticks(arm_name: str) -> list[Kept]:
    """Return ticks of which anything is changed: some that pass, all that do not."""
    cases = keep(arm_name, (trial(arm_name, seed) for seed in SEEDS))
    passing = [one for one in cases if one.row is not None]
    return passing[:PASSING] + [one for one in cases if one.row is None]


def edge_ticks(arm_name: str) -> list[Kept]:
    """Return both sides of every edge of what the certificate passes."""
    judge, found = certificate_judge(arm_name), []
    for number, base in enumerate(bases(arm_name, judge)):
        both = [side for edge in edges(base, judge, has_limits=number < WHOLE) for side in (edge.inside, edge.outside)]
        print(f"{len(both)} ticks around {base.tick[0].contact.name}, {base.tick[2].phase.name}", flush=True)
        found += keep(arm_name, both)
    return found


def is_found_out(one: Kept) -> bool:
    """Return True where the certificate, as it is now, cannot be that of the gate."""
    packed, now, limits, *rest, work = one.fixed
    joints = rest[0].shape[1]
    before, after = Row(joints), Row(joints)
    before.all[:] = one.before
    with np.errstate(all="ignore", divide="raise"):
        signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST_S)
        try:
            is_passed = kernel.certify(
                before.all, after.all, by_name(after.memory), after.joints, after.ring, after.made, packed,
                by_name(now), by_name(limits), *(a.copy() for a in rest), np.zeros_like(work),
            )  # fmt: skip
        except (ArithmeticError, ValueError, IndexError, TypeError, NameError, TimeoutError):
            is_passed = False
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
    if not is_passed:
        return one.row is not None
    if one.after is None or after.remembered().bits() != one.after:
        return True
    if one.row is None:
        return False
    wanted = Row(joints)
    wanted.all[:] = one.row
    return after.made.tobytes() != wanted.made.tobytes() or after.terms.tobytes() != wanted.terms.tobytes()


def by_name(record: np.ndarray) -> Any:
    """Return a structured array whose fields are attributes, as they are in compiled functions."""
    return record.view(np.recarray)


def _give_up(_number: int, _frame: object) -> None:
    raise TimeoutError


class _Changer(ast.NodeTransformer):
    """Changes one place of a function; counts the places where ``place`` is negative."""

    def __init__(self, place: int) -> None:
        self.left, self.count, self.what = place, 0, ""

    def _is_here(self, what: str) -> bool:
        self.count += 1
        is_here = self.count - 1 == self.left
        if is_here:
            self.what = what
        return is_here

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        return ast.Constant(value=True) if self._is_here(f"without {ast.unparse(node)}") else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        other = OPERATORS.get(type(node.op))
        if other is not None and self._is_here(f"another operator in {ast.unparse(node)}"):
            node.op = other()
        return node

    def _assigned(self, node: Any) -> ast.AST:
        self.generic_visit(node)
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        is_kept = any(isinstance(target, ast.Attribute | ast.Subscript) for target in targets)
        return ast.Pass() if is_kept and self._is_here(f"without {ast.unparse(node)}") else node

    visit_Assign = visit_AugAssign = _assigned  # noqa: N815


def _functions() -> Iterator[tuple[ModuleType, str, Any]]:
    for module in MODULES:
        for name, found in vars(module).items():
            if hasattr(found, "py_func") and found.py_func.__module__ == module.__name__:
                yield module, name, found.py_func


@contextlib.contextmanager
def uncompiled() -> Iterator[None]:
    """Let the kernels of the certificate run as Python; what they take from elsewhere stays compiled."""
    compiled = [(module, name, value) for module in MODULES for name, value in vars(module).items()
                if hasattr(value, "py_func") and "certificate" in value.py_func.__module__]  # fmt: skip
    for module, name, value in compiled:
        setattr(module, name, value.py_func)
    try:
        yield
    finally:
        for module, name, value in compiled:
            setattr(module, name, value)


def mutants(module: ModuleType, function: Any) -> Iterator[tuple[str, Any]]:
    """Return every change of a function: what was changed, and the function then."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    counter = _Changer(-1)
    counter.visit(copy.deepcopy(tree))
    for place_of_change in range(counter.count):
        changer, changed = _Changer(place_of_change), copy.deepcopy(tree)
        changed = ast.fix_missing_locations(changer.visit(changed))
        changed.body[0].decorator_list = []
        names: dict[str, Any] = {}
        exec(compile(changed, "<mutant>", "exec"), vars(module), names)  # noqa: S102
        yield f"{module.__name__}.{function.__name__}: {changer.what}", names[function.__name__]


def main(only: list[str], arm_name: str = "servo7") -> int:
    """Judge all changes and print what survives; return 1 where that is not what is reviewed.

    Args:
        only: parts of the names of the functions to change; empty for all.
        arm_name: arm of the session that the trials come from.
    """
    signal.signal(signal.SIGVTALRM, _give_up)
    cases = random_ticks(arm_name) + edge_ticks(arm_name)
    # Any order is right; in this one a change is found out soon.
    Random(1).shuffle(cases)  # noqa: S311
    listed = [one for one in _functions() if not only or any(part in f"{one[0].__name__}.{one[1]}" for part in only)]
    print(len(cases), "ticks,", sum(one.row is None for one in cases), "of them refused", flush=True)
    killed, survived = 0, []
    with uncompiled():
        wrong = [one for one in cases if is_found_out(one)]
        if wrong:
            print(f"the unchanged certificate is found out by {len(wrong)} of {len(cases)} ticks", flush=True)
            return 1
        for module, name, function in listed:
            print(f"{module.__name__}.{name}: {killed} found out so far", flush=True)
            for what, mutant in mutants(module, function):
                places = [one for one in MODULES if getattr(one, name, None) is function]
                for one in places:
                    setattr(one, name, mutant)
                is_killed = any(is_found_out(one) for one in cases)
                for one in places:
                    setattr(one, name, function)
                killed += is_killed
                if not is_killed:
                    survived.append(what)
                    print("survived:", what, flush=True)
    print(f"{killed} of {killed + len(survived)} changes found out on {len(cases)} ticks")
    reviewed = {what for what in read_reviewed(REVIEWED.read_text(encoding="utf-8")) if _is_chosen(what, listed)}
    for what in sorted(reviewed ^ set(survived)):
        print("survived and is not reviewed:" if what in survived else "reviewed, and does not survive:", what)
    return 1 if reviewed != set(survived) else 0


def read_reviewed(text: str) -> set[str]:
    """Return the changes that are known to survive: function and change."""
    return {f"{row['function']}: {row['change']}" for row in ROW.finditer(text)}


def _is_chosen(what: str, listed: list[tuple[ModuleType, str, Any]]) -> bool:
    return any(what.startswith(f"{module.__name__}.{name}:") for module, name, _ in listed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

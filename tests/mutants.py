"""Mutants of a module: copies of its source text with one small fault each."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_BINARY = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "/", ast.Mod: "*",
    ast.Pow: "*", ast.BitAnd: "|", ast.BitOr: "&",
}  # fmt: skip
_COMPARISONS = {
    ast.Lt: ">=", ast.LtE: ">", ast.Gt: "<=", ast.GtE: "<", ast.Eq: "!=", ast.NotEq: "==",
    ast.In: "not in", ast.NotIn: "in",  # codespell:ignore
    ast.Is: "is not", ast.IsNot: "is",
}  # fmt: skip
_NAMES = {
    "mean": "sum", "nanmean": "nansum", "median": "max", "nanmedian": "nanmax", "std": "var",
    "min": "max", "max": "min", "nanmin": "nanmax", "nanmax": "nanmin", "argmin": "argmax",
    "argmax": "argmin", "any": "all", "all": "any", "sin": "cos", "cos": "sin", "sum": "mean",
    "cumsum": "cumprod", "minimum": "maximum", "maximum": "minimum",
}  # fmt: skip
_TEXTS = {"left": "right", "right": "left", "heel_strike": "toe_off", "toe_off": "heel_strike"}


@dataclass(frozen=True)
class Mutant:
    """A module with one fault.

    Attributes:
        line: Line of the fault, counted from 1.
        function: Name of the outermost function or class that contains it; empty if none does.
        before: Source text that was replaced.
        after: Source text in its place.
        source: Source text of the whole module.
    """

    line: int
    function: str
    before: str
    after: str
    source: str


def mutants_of(source: str) -> Iterator[Mutant]:
    """Create every mutant of a module.

    Operators, comparisons, numbers, reductions (mean, median, min, …), sides, conditions and
    signs are exchanged, one in each mutant. Docstrings, type annotations, messages of exceptions
    and the names of imports are left unchanged.

    Args:
        source: Source text of the module.
    """
    tree = ast.parse(source)
    lines = source.encode().splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for function, node in _mutable(tree, ""):
        for part, text in _changes(node, source):
            begin = starts[part.lineno - 1] + part.col_offset
            end = starts[part.end_lineno - 1] + part.end_col_offset
            data = source.encode()
            before = data[begin:end].decode()
            if before != text:
                changed = (data[:begin] + text.encode() + data[end:]).decode()
                yield Mutant(part.lineno, function, before, text, changed)


def _mutable(node: ast.AST, function: str) -> Iterator[tuple[str, ast.AST]]:
    """Nodes that can be changed, each with the name of its outermost function or class."""
    for field, child in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list") or isinstance(node, ast.Raise):
            continue
        for part in child if isinstance(child, list) else [child]:
            if not isinstance(part, ast.AST) or _is_docstring(part):
                continue
            name = function
            if not name and isinstance(part, ast.FunctionDef | ast.ClassDef):
                name = part.name
            yield name, part
            yield from _mutable(part, name)


def _is_docstring(node: ast.AST) -> bool:
    constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return constant and isinstance(node.value.value, str)


def _changes(node: ast.AST, source: str) -> Iterator[tuple[ast.AST, str]]:
    """Pairs of a part of a node and the text that replaces it."""

    def text(part: ast.AST) -> str:
        return ast.get_source_segment(source, part)

    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        if not isinstance(node.left, ast.Constant | ast.JoinedStr) or not isinstance(
            getattr(node.left, "value", 0), str
        ):
            yield node, f"(({text(node.left)}) {_BINARY[type(node.op)]} ({text(node.right)}))"
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        operator = _COMPARISONS[type(node.ops[0])]
        yield node, f"(({text(node.left)}) {operator} ({text(node.comparators[0])}))"
    elif isinstance(node, ast.BoolOp):
        operator = " or " if isinstance(node.op, ast.And) else " and "
        yield node, f"({operator.join(f'({text(value)})' for value in node.values)})"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node, f"({text(node.operand)})"
    elif isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(node, ast.Attribute) and node.attr in _NAMES:
        yield node, f"({text(node.value)}).{_NAMES[node.attr]}"
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _NAMES:
        if node.func.id in ("min", "max", "any", "all"):
            yield node.func, _NAMES[node.func.id]
    elif isinstance(node, ast.IfExp):
        yield node, f"(({text(node.orelse)}) if ({text(node.test)}) else ({text(node.body)}))"


def _constants(node: ast.Constant) -> Iterator[tuple[ast.AST, str]]:
    value = node.value
    if isinstance(value, bool):
        yield node, str(not value)
    elif isinstance(value, int):
        yield node, str(value + 1)
    elif isinstance(value, float):
        yield node, repr(value * 1.5 if value else 1.0)
    elif isinstance(value, str) and value in _TEXTS:
        yield node, repr(_TEXTS[value])

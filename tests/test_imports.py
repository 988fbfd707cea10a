"""No two files of the package import each other, directly or through others."""

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import agir_hf

PACKAGE = Path(agir_hf.__file__).parent


def module_name(path: Path) -> str:
    parts = [PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def statements(body):
    """Statements that run when a module is imported, without `if TYPE_CHECKING`."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        yield node
        is_typing = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for name in ("body", "orelse", "finalbody", "handlers"):
            if not (is_typing and name == "body"):
                yield from statements(getattr(node, name, []))


def imported(path: Path, modules: set[str]) -> set[str]:
    """Modules of the package that a file imports when it is imported."""
    package = module_name(path).split(".")
    package = package if path.name == "__init__.py" else package[:-1]
    result = set()
    for node in statements(ast.parse(path.read_text(encoding="utf-8")).body):
        if isinstance(node, ast.Import):
            result |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*base, *([node.module] if node.module else [])])
            names = {f"{base}.{alias.name}" for alias in node.names}
            submodules = names & modules
            result |= submodules | ({base} if names - submodules else set())
    return result & modules


def import_graph() -> dict[str, set[str]]:
    paths = {module_name(path): path for path in PACKAGE.rglob("*.py")}
    return {name: imported(path, set(paths)) for name, path in paths.items()}


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """Modules that import each other in a circle; empty if there are none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1][::-1]
    return []


def longest_chain(graph: dict[str, set[str]]) -> list[str]:
    @cache
    def chain(name):
        return max(((name, *chain(other)) for other in graph[name]), key=len, default=(name,))

    return list(max(map(chain, graph), key=len))


def test_the_graph_has_the_imports_of_the_files():
    graph = import_graph()
    assert "agir_hf.motion.marker_sets" in graph["agir_hf.motion.landmarks"]
    assert "agir_hf.motion.landmarks" in graph["agir_hf.gait.foot_paths"]
    assert "agir_hf.gait.step_measures" in graph["agir_hf.gait.parameters"]
    assert "agir_hf.motion.readers.c3d" not in graph["agir_hf.motion.readers"]  # in a function


def test_no_files_import_each_other(record_property):
    graph = import_graph()
    assert not cycle(graph), " imports ".join(cycle(graph))
    record_property("longest_chain", " imports ".join(longest_chain(graph)))


def test_a_cycle_and_the_longest_chain_are_detected():
    graph = {"a": {"b"}, "b": {"c"}, "c": set(), "d": {"c"}}
    assert not cycle(graph) and longest_chain(graph) == ["a", "b", "c"]
    assert set(cycle(graph | {"c": {"a"}})) == {"a", "b", "c"}

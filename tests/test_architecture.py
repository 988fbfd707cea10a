"""Imports between the folders of the package go one way."""

import ast
import sys
from pathlib import Path

import pytest

import agir_hf

PACKAGE = Path(agir_hf.__file__).parent
# saved with every model; they load from a folder without the rest of the package
ROOT_MODEL_FILES = sorted(
    path
    for path in PACKAGE.glob("*.py")
    if path.name.endswith("_agir.py") or path.stem in {"humanml3d", "modeling_motion_vqvae"}
)
BASE = {"alignment_agir", "constants_agir", "humanml3d", "utils"}
ALLOWED = {  # folder: (what it may import of the package, libraries it must not import)
    "utils": ({"utils"}, {"numpy", "transformers", "datasets", "trl"}),  # torch in functions only
    "motion": ({"motion", *BASE}, {"transformers", "datasets", "trl"}),
    "gait": ({"gait", "motion", *BASE}, {"transformers", "datasets", "trl"}),
    "simulation": ({"simulation", "gait", "motion", *BASE}, {"transformers", "datasets", "trl"}),
    "annotation": ({"annotation", "gait", "motion", *BASE}, {"transformers", "datasets", "trl"}),
    "corpus": (
        {"corpus", "annotation", "simulation", "gait", "motion", *BASE},
        {"transformers", "trl"},
    ),
    "evaluation": ({"evaluation", "gait", "motion", *BASE}, {"trl"}),
    "training": (
        {"training", "corpus", "gait", "motion", "evaluation", "root", *BASE},
        set(),
    ),
    "experiments": (
        {"experiments", "hub", "training", "corpus", "annotation", "assessment", "evaluation",
         "gait", "motion", "root", *BASE},
        set(),
    ),
    "inference": ({"inference", "root", *BASE}, {"torch", "transformers", "datasets", "trl"}),
    "assessment": (
        {"assessment", "inference", "gait", "motion", "root", *BASE},
        {"trl", "datasets", "gradio"},
    ),
    "cluster": (
        {"cluster", "assessment", "corpus", "simulation", *BASE},
        {"trl", "gradio"},
    ),
    "hub": (
        {"hub", "training", "corpus", "simulation", "evaluation", "motion", "root", *BASE},
        {"trl", "datasets"},
    ),
}  # fmt: skip


def imports(path: Path) -> set[str]:
    """Absolute names of everything a file imports, at any depth."""
    names = set()
    parts = [PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = ".".join(parts[: -node.level])
            target = f"{base}.{node.module}" if node.module else base
            names |= {f"{target}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_model_files_are_found():
    assert len(ROOT_MODEL_FILES) == 18


@pytest.mark.parametrize("path", ROOT_MODEL_FILES, ids=lambda p: p.name)
def test_root_model_files_import_only_each_other(path):
    stems = {file.stem for file in ROOT_MODEL_FILES}
    for name in imports(path):
        first, _, rest = name.partition(".")
        if first == "agir_hf":
            assert rest.split(".")[0] in stems, f"{path.name} imports {name}"
        else:
            foreign = first not in {"torch", "numpy", "transformers"}
            assert not (foreign and first not in sys.stdlib_module_names), name


def folder_files():
    return [
        (folder, file) for folder in ALLOWED for file in sorted((PACKAGE / folder).rglob("*.py"))
    ]


@pytest.mark.parametrize(
    ("folder", "path"), folder_files(), ids=lambda value: getattr(value, "name", value)
)
def test_folders_import_only_earlier_folders(folder, path):
    folders, forbidden = ALLOWED[folder]
    roots = {file.stem for file in ROOT_MODEL_FILES}
    for name in imports(path):
        first, _, rest = name.partition(".")
        assert first not in forbidden, f"{path.relative_to(PACKAGE)} imports {name}"
        target = rest.split(".")[0]
        if first == "agir_hf" and rest:
            allowed = target in {*folders, "version"} or ("root" in folders and target in roots)
            allowed = allowed or ("root" in folders and target == "registration")
            assert allowed or target[:1].isupper(), f"{path.relative_to(PACKAGE)} imports {name}"


def test_only_the_launcher_imports_the_command_line():
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name not in ("cli", "launcher"):
            assert not any(name.startswith("agir_hf.cli") for name in imports(path)), path

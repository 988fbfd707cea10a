"""Upload plans of the Space and the metrics."""

from pathlib import Path

import pytest

from agir_hf.hub import folders
from agir_hf.hub.folders import METRICS, space_folder
from agir_hf.hub.plans import metric_plans, space_plan
from agir_hf.hub.publish_checks import RefusedError, check
from agir_hf.hub.upload_plan import PublishError

HEAD = "---\ntitle: Gait\nsdk: gradio\napp_file: app.py\n---\n# Gait\n"


@pytest.fixture
def space(tmp_path) -> Path:
    (tmp_path / "README.md").write_text(HEAD)
    (tmp_path / "app.py").write_text("print()")
    (tmp_path / "requirements.txt").write_text("agir-hf")
    return tmp_path


def test_the_plan_of_a_space_has_the_files_of_its_folder(space):
    (space / "__pycache__").mkdir()
    (space / "__pycache__" / "app.pyc").write_bytes(b"x")
    (space / "__init__.py").write_text("")  # in a wheel the folder is a package
    plan = space_plan(space, "me/agir")
    assert plan.left_out == ["__init__.py"]
    assert set(plan.files) == {"README.md", "app.py", "requirements.txt"}
    assert plan.kind == "space" and plan.identifying_file == "app.py"
    check(plan)


@pytest.mark.parametrize(
    ("line", "remarked"),
    [
        ("agir-hf[space]>=0.1", True),
        ("agir-hf @ git+https://host.org/agir-hf", False),
        ("# agir-hf is part of it", False),
    ],
)
def test_a_requirement_from_the_package_index_gives_a_remark(space, line, remarked):
    (space / "requirements.txt").write_text(f"gradio\n{line}\n")
    assert bool(space_plan(space, "me/agir").remarks) == remarked


def test_the_space_comes_from_the_repository_or_the_installed_package(monkeypatch, tmp_path):
    package = tmp_path / "agir_hf"
    monkeypatch.setattr(folders, "PACKAGE", package)
    assert space_folder() == package / "spaces_app"
    (tmp_path / "spaces_app").mkdir()
    (tmp_path / "spaces_app" / "app.py").write_text("print()")
    assert space_folder() == tmp_path / "spaces_app"


def test_the_space_of_this_repository_passes_the_checks():
    plan = space_plan(space_folder(), "me/agir")
    assert any(path.endswith(".c3d") for path in plan.files)  # simulated examples
    check(plan)


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda f: (f / "README.md").unlink(), "no Gradio Space"),
        (lambda f: (f / "README.md").write_text("# Gait"), "sdk: None"),
        (lambda f: (f / "README.md").write_text("---\na: [1\n---\n"), "README.md: the YAML header"),
        (lambda f: (f / "app.py").unlink(), "app_file: app.py, expected sdk: gradio"),
        (lambda f: (f / "requirements.txt").unlink(), "no requirements.txt"),
    ],
)
def test_a_folder_that_is_no_gradio_space_raises(space, damage, what):
    damage(space)
    with pytest.raises(PublishError, match=what):
        space_plan(space, "me/agir")


def test_a_missing_folder_raises(tmp_path):
    with pytest.raises(PublishError, match="no such folder: .*--from"):
        space_plan(tmp_path / "nowhere", "me/agir")


@pytest.mark.parametrize("name", [".env", "examples/SMPL_MALE.pkl", "examples/walk.trc"])
def test_files_that_must_not_be_published_are_refused(space, name):
    (space / name).parent.mkdir(exist_ok=True)
    (space / name).write_bytes(b"x")
    with pytest.raises(RefusedError, match=name):
        check(space_plan(space, "me/agir"))


def test_every_metric_is_a_space_of_its_own():
    plans = metric_plans("me")
    names = sorted(app.parent.name for app in METRICS.glob("*/app.py"))
    assert [plan.repo for plan in plans] == [f"me/{name}" for name in names] and len(names) == 6
    for plan, name in zip(plans, names, strict=True):
        assert plan.identifying_file == f"{name}.py" and f"{name}.py" in plan.files
        check(plan)


def test_an_owner_with_a_slash_raises():
    with pytest.raises(PublishError, match="'me/gait' is no owner"):
        metric_plans("me/gait")

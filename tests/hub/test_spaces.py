"""The Space and the metrics as repositories."""

from pathlib import Path

import pytest

from agir_hf.hub.publish_checks import RefusedError, check
from agir_hf.hub.spaces import METRICS, SPACE, metric_plans, space_plan
from agir_hf.hub.upload_plan import PublishError

HEAD = "---\ntitle: Gait\nsdk: gradio\napp_file: app.py\n---\n# Gait\n"


@pytest.fixture
def space(tmp_path) -> Path:
    (tmp_path / "README.md").write_text(HEAD)
    (tmp_path / "app.py").write_text("print()")
    (tmp_path / "requirements.txt").write_text("agir-hf")
    return tmp_path


def test_a_space_is_its_folder(space):
    (space / "__pycache__").mkdir()
    (space / "__pycache__" / "app.pyc").write_bytes(b"x")
    plan = space_plan(space, "me/agir")
    assert set(plan.files) == {"README.md", "app.py", "requirements.txt"}
    assert plan.kind == "space" and plan.sign == "app.py"
    check(plan)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("agir-hf[space]>=0.1", True),
        ("agir-hf @ git+https://host.org/agir-hf", False),
        ("# agir-hf comes with it", False),
    ],
)
def test_a_space_that_installs_the_package_from_the_index_is_told(space, line, told):
    (space / "requirements.txt").write_text(f"gradio\n{line}\n")
    assert bool(space_plan(space, "me/agir").remarks) == told


def test_this_repositorys_space_can_go_up():
    plan = space_plan(SPACE, "me/agir")
    assert any(path.endswith(".c3d") for path in plan.files)  # simulated examples
    check(plan)


@pytest.mark.parametrize(
    ("break_it", "what"),
    [
        (lambda f: (f / "README.md").unlink(), "no Space that runs"),
        (lambda f: (f / "README.md").write_text("# Gait"), "sdk: None"),
        (lambda f: (f / "README.md").write_text("---\na: [1\n---\n"), "README.md: the head"),
        (lambda f: (f / "app.py").unlink(), "app_file: app.py, expected"),
        (lambda f: (f / "requirements.txt").unlink(), "no requirements.txt"),
    ],
)
def test_what_would_not_run_is_told(space, break_it, what):
    break_it(space)
    with pytest.raises(PublishError, match=what):
        space_plan(space, "me/agir")


def test_no_folder_is_told(tmp_path):
    with pytest.raises(PublishError, match="no such folder: .*--from"):
        space_plan(tmp_path / "nowhere", "me/agir")


@pytest.mark.parametrize("name", [".env", "examples/SMPL_MALE.pkl", "examples/walk.trc"])
def test_what_must_not_go_up_is_refused(space, name):
    (space / name).parent.mkdir(exist_ok=True)
    (space / name).write_bytes(b"x")
    with pytest.raises(RefusedError, match=name):
        check(space_plan(space, "me/agir"))


def test_every_metric_is_a_space_of_its_own():
    plans = metric_plans("me")
    names = sorted(one.parent.name for one in METRICS.glob("*/app.py"))
    assert [one.repo for one in plans] == [f"me/{name}" for name in names] and len(names) == 6
    for one, name in zip(plans, names, strict=True):
        assert one.sign == f"{name}.py" and one.sign in one.files
        check(one)


def test_an_owner_of_metrics_is_one_name():
    with pytest.raises(PublishError, match="'me/gait' is no name of an owner"):
        metric_plans("me/gait")

"""A push makes one commit and a tag, or raises an error of one line."""

import numpy as np
import pytest

from agir_hf.hub.publish_checks import RefusedError
from agir_hf.hub.upload import push
from agir_hf.hub.upload_plan import PublishError, UploadPlan


@pytest.fixture
def plan(tmp_path):
    """Make plans of texts, and of an array that is sent as a large file."""

    def make(repo="me/thing", kind="model", large=1.0, **texts):
        folder = tmp_path / f"plan{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        np.savez(folder / "statistics.npz", mean=np.full(263, large))
        for name, text in ({"ours": "ours", "README": "# Card"} | texts).items():
            (folder / f"{name}.md").write_text(text)
        files = {file.name: file for file in folder.iterdir()}
        return UploadPlan(kind, repo, files, identifying_file="ours.md")

    return make


def commits(hub, name="me/thing", kind="model"):
    """Number of commits after the first one of a new repository."""
    return len(hub.repositories[kind, name]) - 1


def refused(excinfo) -> str:
    message = str(excinfo.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("kind", ["model", "dataset", "space"])
def test_a_push_is_one_commit_with_a_tag(at_hub, plan, kind):
    pushed = plan(kind=kind)
    result = push(pushed, tag="v1")
    files = at_hub.files("me/thing", kind)
    assert {path: files[path] for path in pushed.files} == {
        path: file.read_bytes() for path, file in pushed.files.items()
    }
    assert commits(at_hub, kind=kind) == 1 and sorted(result.sent) == sorted(pushed.files)
    assert at_hub.tags[kind, "me/thing"] == {"v1": result.commit}
    path = "me/thing" if kind == "model" else f"{kind}s/me/thing"
    assert result.url == f"{at_hub.url}/{path}"


def test_a_name_without_owner_belongs_to_the_user_of_the_token(at_hub, plan):
    assert push(plan(repo="thing")).repo == "me/thing"
    assert ("model", "me/thing") in at_hub.repositories


def test_a_second_push_of_the_same_content_makes_no_commit(at_hub, plan):
    first, again = push(plan(), tag="v1"), push(plan(), tag="v1")
    assert (again.sent, again.removed, again.commit) == ([], [], first.commit)
    assert push(plan(), tag="v1-again").commit == first.commit
    assert commits(at_hub) == 1
    assert at_hub.tags["model", "me/thing"] == dict.fromkeys(("v1", "v1-again"), first.commit)


def test_other_content_for_an_existing_tag_is_refused(at_hub, plan):
    push(plan(), tag="v1")
    with pytest.raises(PublishError, match="already has the tag v1, for other") as excinfo:
        push(plan(large=2.0, ours="changed"), tag="v1")
    assert "statistics.npz" in refused(excinfo) and "--tag" in refused(excinfo)
    assert commits(at_hub) == 1
    assert push(plan(large=2.0, ours="changed"), tag="v2").sent == ["ours.md", "statistics.npz"]
    assert commits(at_hub) == 2 and set(at_hub.tags["model", "me/thing"]) == {"v1", "v2"}


def test_a_push_of_an_older_tagged_revision_changes_nothing(at_hub, plan):
    old = push(plan(), tag="v1")
    push(plan(ours="newer"), tag="v2")
    assert push(plan(), tag="v1").commit == old.commit and commits(at_hub) == 2


def test_files_that_the_plan_no_longer_has_are_removed(at_hub, plan):
    push(plan(old="x"))
    result = push(plan(new="y"))
    assert (result.sent, result.removed) == (["new.md"], ["old.md"])
    assert "old.md" not in at_hub.files("me/thing", "model")
    assert "old.md" in at_hub.repositories["model", "me/thing"][1][1]  # earlier commits keep it
    assert ".gitattributes" in at_hub.files("me/thing", "model")


def test_a_repository_with_other_content_is_not_changed(at_hub, plan):
    at_hub.repositories["model", "me/thing"] = [("0" * 40, {"theirs.txt": b"x", "README.md": b""})]
    with pytest.raises(PublishError, match=r"exists with other content \(theirs.txt; no ours.md\)"):
        push(plan())
    assert at_hub.files("me/thing", "model") == {"theirs.txt": b"x", "README.md": b""}


def test_new_refuses_an_existing_repository_unless_it_is_empty(at_hub, plan):
    at_hub.repositories["model", "me/thing"] = [("0" * 40, {".gitattributes": b""})]
    push(plan(), new=True)
    with pytest.raises(PublishError, match="me/thing already exists: name another"):
        push(plan(), new=True)


def test_private_content_is_not_pushed_to_a_public_repository(at_hub, plan):
    push(plan())
    with pytest.raises(PublishError, match="exists and is public"):
        push(plan(ours="secret"), private=True)
    assert commits(at_hub) == 1


def test_a_forbidden_file_is_refused_before_any_request(plan, no_network):
    with pytest.raises(RefusedError, match=r"notes.md line 1: the machine path /home/jo/x"):
        push(plan(notes="/home/jo/x"))


@pytest.mark.parametrize("name", ["me//thing", "a b", "me/thing/more", "", "me/ä", "me/x--y"])
def test_an_invalid_name_is_refused(plan, name, no_network):
    with pytest.raises(PublishError, match="the Hub refuses the name") as excinfo:
        push(plan(repo=name))
    refused(excinfo)


def test_a_missing_token_raises_with_how_to_get_one(at_hub, plan, monkeypatch):
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    with pytest.raises(PublishError, match="no access token: run 'hf auth login'") as excinfo:
        push(plan())
    refused(excinfo)
    assert not at_hub.requests


def test_a_token_that_may_only_read_is_refused(at_hub, plan, monkeypatch):
    user = {"name": "me", "auth": {"accessToken": {"role": "read"}}}
    monkeypatch.setattr("huggingface_hub.HfApi.whoami", lambda _: user)
    with pytest.raises(PublishError, match="may only read"):
        push(plan())


FAULTS = [
    ("whoami", 401, "does not accept this access token"),
    ("repos/create", 403, "may not write to me/thing"),
    ("whoami", 429, "too many requests .429.: in 1 seconds, run the same command again"),
    ("commit", 412, "changed by another user during the push"),
    ("lfs/objects", 507, "no space left for me/thing"),
    ("commit", 500, "the Hub has an error"),
    ("tag", 400, r"the Hub refuses me/thing \(400\)"),
]


@pytest.mark.parametrize(("part", "status", "message"), FAULTS)
def test_a_refusal_of_the_hub_is_an_error_of_one_line(at_hub, plan, part, status, message):
    at_hub.faults.append([part, status, 99])
    with pytest.raises(PublishError, match=message) as excinfo:
        push(plan(), tag="v1")
    refused(excinfo)


@pytest.mark.parametrize("part", ["/lfs/", "/commit/", "/tag/"])
def test_an_interrupted_push_is_resumed(at_hub, plan, part):
    at_hub.faults.append([part, "cut", 99])
    with pytest.raises(PublishError, match="run the same command again") as excinfo:
        push(plan(), tag="v1")
    refused(excinfo)
    files = at_hub.files("me/thing", "model")
    assert set(files) in ({".gitattributes"}, {".gitattributes", *plan().files})  # all or nothing
    at_hub.faults.clear()
    sent = len([path for verb, path in at_hub.requests if verb == "PUT"])
    result = push(plan(), tag="v1")
    assert commits(at_hub) == 1 and at_hub.tags["model", "me/thing"] == {"v1": result.commit}
    again = len([path for verb, path in at_hub.requests if verb == "PUT"]) - sent
    assert again == 0 or part == "/lfs/"


def test_an_unreachable_hub_is_an_error_of_one_line(at_hub, plan):
    at_hub.close()
    with pytest.raises(PublishError, match=f"cannot be reached at {at_hub.url}") as excinfo:
        push(plan())
    refused(excinfo)


def test_offline_mode_raises(at_hub, plan, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(PublishError, match="HF_HUB_OFFLINE is set"):
        push(plan())
    assert not at_hub.requests

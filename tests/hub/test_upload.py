"""A plan becomes a repository: one commit and a tag, or one line that says why not."""

import numpy as np
import pytest

from agir_hf.hub.publish_checks import RefusedError
from agir_hf.hub.upload import push
from agir_hf.hub.upload_plan import PublishError, UploadPlan


@pytest.fixture
def plan(tmp_path):
    """Makes plans: path → text, and an array that is sent as a large file."""

    def make(repo="me/thing", kind="model", large=1.0, **texts):
        folder = tmp_path / f"plan{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        np.savez(folder / "statistics.npz", mean=np.full(263, large))
        for name, text in ({"sign": "ours", "README": "# Card"} | texts).items():
            (folder / f"{name}.md").write_text(text)
        return UploadPlan(kind, repo, {one.name: one for one in folder.iterdir()}, sign="sign.md")

    return make


def commits(hub, name="me/thing", kind="model"):
    """How many came after the one that a new repository has."""
    return len(hub.repositories[kind, name]) - 1


def refused(excinfo) -> str:
    message = str(excinfo.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("kind", ["model", "dataset", "space"])
def test_a_push_is_one_commit_with_a_tag(at_hub, plan, kind):
    one = plan(kind=kind)
    done = push(one, tag="v1")
    files = at_hub.files("me/thing", kind)
    assert {path: files[path] for path in one.files} == {
        path: file.read_bytes() for path, file in one.files.items()
    }
    assert commits(at_hub, kind=kind) == 1 and sorted(done.sent) == sorted(one.files)
    assert at_hub.tags[kind, "me/thing"] == {"v1": done.commit}
    place = "me/thing" if kind == "model" else f"{kind}s/me/thing"
    assert done.url == f"{at_hub.url}/{place}"


def test_a_name_without_owner_is_that_of_the_token(at_hub, plan):
    assert push(plan(repo="thing")).repo == "me/thing"
    assert ("model", "me/thing") in at_hub.repositories


def test_the_same_content_again_is_no_commit(at_hub, plan):
    first, again = push(plan(), tag="v1"), push(plan(), tag="v1")
    assert (again.sent, again.removed, again.commit) == ([], [], first.commit)
    assert push(plan(), tag="v1-again").commit == first.commit
    assert commits(at_hub) == 1
    assert at_hub.tags["model", "me/thing"] == dict.fromkeys(("v1", "v1-again"), first.commit)


def test_other_content_under_a_tag_that_is_there_is_refused(at_hub, plan):
    push(plan(), tag="v1")
    with pytest.raises(PublishError, match="has the tag v1 already, for other") as excinfo:
        push(plan(large=2.0, sign="changed"), tag="v1")
    assert "statistics.npz" in refused(excinfo) and "--tag" in refused(excinfo)
    assert commits(at_hub) == 1
    assert push(plan(large=2.0, sign="changed"), tag="v2").sent == ["sign.md", "statistics.npz"]
    assert commits(at_hub) == 2 and set(at_hub.tags["model", "me/thing"]) == {"v1", "v2"}


def test_an_older_revision_that_has_its_tag_does_not_come_back(at_hub, plan):
    old = push(plan(), tag="v1")
    push(plan(sign="newer"), tag="v2")
    assert push(plan(), tag="v1").commit == old.commit and commits(at_hub) == 2


def test_files_that_a_push_no_longer_has_are_removed(at_hub, plan):
    push(plan(old="x"))
    done = push(plan(new="y"))
    assert (done.sent, done.removed) == (["new.md"], ["old.md"])
    assert "old.md" not in at_hub.files("me/thing", "model")
    assert "old.md" in at_hub.repositories["model", "me/thing"][1][1]  # its history keeps it
    assert ".gitattributes" in at_hub.files("me/thing", "model")


def test_a_repository_of_somebody_else_is_left_alone(at_hub, plan):
    at_hub.repositories["model", "me/thing"] = [("0" * 40, {"theirs.txt": b"x", "README.md": b""})]
    with pytest.raises(PublishError, match=r"holds something else \(theirs.txt; no sign.md\)"):
        push(plan())
    assert at_hub.files("me/thing", "model") == {"theirs.txt": b"x", "README.md": b""}


def test_new_refuses_what_is_there_unless_it_is_empty(at_hub, plan):
    at_hub.repositories["model", "me/thing"] = [("0" * 40, {".gitattributes": b""})]
    push(plan(), new=True)
    with pytest.raises(PublishError, match="me/thing is there already: name another"):
        push(plan(), new=True)


def test_private_does_not_go_into_a_public_repository(at_hub, plan):
    push(plan())
    with pytest.raises(PublishError, match="there already and public"):
        push(plan(sign="secret"), private=True)
    assert commits(at_hub) == 1


def test_what_must_not_go_up_is_refused_before_anything_is_asked(plan, no_network):
    with pytest.raises(RefusedError, match=r"notes.md line 1: the machine path /home/jo/x"):
        push(plan(notes="/home/jo/x"))


@pytest.mark.parametrize("name", ["me//thing", "a b", "me/thing/more", "", "me/ä", "me/x--y"])
def test_a_name_that_the_hub_does_not_know_is_refused(plan, name, no_network):
    with pytest.raises(PublishError, match="the Hub refuses the name") as excinfo:
        push(plan(repo=name))
    refused(excinfo)


def test_without_a_token_it_is_said_how_to_get_one(at_hub, plan, monkeypatch):
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    with pytest.raises(PublishError, match="no access token: run 'hf auth login'") as excinfo:
        push(plan())
    refused(excinfo)
    assert not at_hub.requests


def test_a_token_that_may_only_read_is_refused(at_hub, plan, monkeypatch):
    who = {"name": "me", "auth": {"accessToken": {"role": "read"}}}
    monkeypatch.setattr("huggingface_hub.HfApi.whoami", lambda _: who)
    with pytest.raises(PublishError, match="may only read"):
        push(plan())


FAULTS = [
    ("whoami", 401, "does not know this access token"),
    ("repos/create", 403, "may not write to me/thing"),
    ("whoami", 429, "asks to wait .* in 1 seconds, run the same command again"),
    ("commit", 412, "changed by somebody else meanwhile"),
    ("lfs/objects", 507, "no more room for me/thing"),
    ("commit", 500, "fails at the moment"),
    ("tag", 400, r"the Hub refuses me/thing \(400\)"),
]


@pytest.mark.parametrize(("place", "status", "what"), FAULTS)
def test_what_the_hub_refuses_is_one_line(at_hub, plan, place, status, what):
    at_hub.faults.append([place, status, 99])
    with pytest.raises(PublishError, match=what) as excinfo:
        push(plan(), tag="v1")
    refused(excinfo)


@pytest.mark.parametrize("place", ["/lfs/", "/commit/", "/tag/"])
def test_a_push_that_was_interrupted_goes_on(at_hub, plan, place):
    at_hub.faults.append([place, "cut", 99])
    with pytest.raises(PublishError, match="run the same command again") as excinfo:
        push(plan(), tag="v1")
    refused(excinfo)
    files = at_hub.files("me/thing", "model")
    assert set(files) in ({".gitattributes"}, {".gitattributes", *plan().files})  # none half
    at_hub.faults.clear()
    sent = len([path for verb, path in at_hub.requests if verb == "PUT"])
    done = push(plan(), tag="v1")
    assert commits(at_hub) == 1 and at_hub.tags["model", "me/thing"] == {"v1": done.commit}
    again = len([path for verb, path in at_hub.requests if verb == "PUT"]) - sent
    assert again == 0 or place == "/lfs/"


def test_a_hub_that_is_not_there_is_one_line(at_hub, plan):
    at_hub.close()
    with pytest.raises(PublishError, match=f"cannot be reached at {at_hub.url}") as excinfo:
        push(plan())
    refused(excinfo)


def test_offline_mode_is_told(at_hub, plan, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(PublishError, match="HF_HUB_OFFLINE is set"):
        push(plan())
    assert not at_hub.requests

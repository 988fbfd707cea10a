"""A plan → its repository on the Hub: one commit, then a tag."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .publish_checks import check
from .upload_plan import KEPT_HIDDEN, PublishError, UploadPlan

if TYPE_CHECKING:
    from huggingface_hub import HfApi, RepoFile

_MADE_BY_THE_HUB = {*KEPT_HIDDEN, "README.md"}
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Pushed:
    """What a push did.

    Attributes:
        repo: "owner/name".
        url: of the repository.
        commit: that holds the plan.
        sent: paths that were new or changed; empty where all of it was there.
        removed: paths that the plan no longer has.
    """

    repo: str
    url: str
    commit: str
    sent: list[str]
    removed: list[str]


@dataclass(frozen=True)
class There:
    """A repository as the Hub has it: its newest commit, its files by path, its tags."""

    private: bool
    commit: str
    files: dict[str, RepoFile]
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> set[str]:
        """Paths that somebody put there."""
        return self.files.keys() - _MADE_BY_THE_HUB


def push(
    plan: UploadPlan, *, tag: str | None = None, private: bool = False, new: bool = False
) -> Pushed:
    """Make a repository what a plan says.

    All of it is one commit, so nothing half is ever there; a push that was interrupted is run
    again, and what was sent of it is not sent twice. Files of an earlier push that the plan no
    longer has are removed; the earlier commits keep them.

    Args:
        plan: what goes where.
        tag: name for the revision; None leaves it without one.
        private: whether a repository that is made is private.
        new: refuse a repository that is there already.

    Raises:
        RefusedError: the plan holds what must not go up; nothing was asked of the Hub.
        PublishError: the repository is not ours, or has the tag for something else; the Hub
            refuses, asks to wait, or cannot be reached.
    """
    from huggingface_hub import HfApi

    check(plan)
    hub = HfApi()
    with translate_errors(plan.repo, hub.endpoint):
        repo = _whole_name(hub, plan.repo)
        there = _look(hub, repo, plan.kind)
        if there is not None:
            _refuse(plan, repo, there, private, new)
        if there is not None and tag in there.tags:
            return _tagged(hub, plan, repo, there, tag)
        if there is None:
            sdk = "gradio" if plan.kind == "space" else None
            hub.create_repo(repo, repo_type=plan.kind, private=private, space_sdk=sdk)
            there = _look(hub, repo, plan.kind)
        done = _commit(hub, plan, repo, there)
        if tag is not None:
            hub.create_tag(repo, tag=tag, revision=done.commit, repo_type=plan.kind)
    return done


def whole_name(repo: str) -> str:
    """The name with its owner, by default whose access token it is.

    Raises:
        PublishError: the name is none, there is no access token that may write, or the Hub cannot
            be asked.
    """
    from huggingface_hub import HfApi

    hub = HfApi()
    with translate_errors(repo, hub.endpoint):
        return _whole_name(hub, repo)


def _whole_name(hub: HfApi, repo: str) -> str:
    """The same, once the Hub is asked.

    Raises:
        PublishError: there is no access token, or it may only read.
    """
    from huggingface_hub import get_token
    from huggingface_hub.utils import validate_repo_id

    validate_repo_id(repo)
    if not get_token():
        raise PublishError(
            "there is no access token: run 'hf auth login', or set HF_TOKEN to a token that may "
            f"write (from {hub.endpoint}/settings/tokens)"
        )
    who = hub.whoami()
    if who.get("auth", {}).get("accessToken", {}).get("role") == "read":
        raise PublishError(
            f"this access token may only read: make one that may write at {hub.endpoint}"
            "/settings/tokens"
        )
    return repo if "/" in repo else f"{who['name']}/{repo}"


def _look(hub: HfApi, repo: str, kind: str) -> There | None:
    """What the Hub has of that name; None if nothing."""
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        info = hub.repo_info(repo, repo_type=kind)
    except RepositoryNotFoundError:
        return None
    refs = hub.list_repo_refs(repo, repo_type=kind)
    tags = {one.name: one.target_commit for one in refs.tags}
    return There(bool(info.private), info.sha, _files(hub, repo, kind, info.sha), tags)


def _files(hub: HfApi, repo: str, kind: str, revision: str) -> dict[str, RepoFile]:
    from huggingface_hub import RepoFile

    rows = hub.list_repo_tree(repo, recursive=True, revision=revision, repo_type=kind)
    return {row.path: row for row in rows if isinstance(row, RepoFile)}


def _refuse(plan: UploadPlan, repo: str, there: There, private: bool, new: bool) -> None:
    """Raise unless this push may go into the repository that is there."""
    if private and not there.private:
        raise PublishError(
            f"{repo} is there already and public: --private is for a repository that is made; "
            "change it in its settings on the Hub"
        )
    if not there.content:
        return
    if new:
        raise PublishError(f"{repo} is there already: name another, or leave out --new")
    if plan.sign not in there.files:
        some = ", ".join(sorted(there.content)[:3])
        raise PublishError(
            f"{repo} is there already and holds something else ({some}; no {plan.sign}): "
            "name another"
        )


def _tagged(hub: HfApi, plan: UploadPlan, repo: str, there: There, tag: str) -> Pushed:
    """The revision of that tag, where it holds just this plan.

    Raises:
        PublishError: it holds something else.
    """
    commit = there.tags[tag]
    sent, removed = _difference(plan, _files(hub, repo, plan.kind, commit))
    if sent or removed:
        some = ", ".join((sent + removed)[:3]) + (", …" if len(sent + removed) > 3 else "")
        raise PublishError(
            f"{repo} has the tag {tag} already, for other content (not the same: {some}): give "
            "this one another name with --tag, or push without (--no-tag)"
        )
    return Pushed(repo, _url(hub, repo, plan.kind), commit, [], [])


def _commit(hub: HfApi, plan: UploadPlan, repo: str, there: There) -> Pushed:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    sent, removed = _difference(plan, there.files)
    url, commit = _url(hub, repo, plan.kind), there.commit
    operations = [CommitOperationAdd(path, str(plan.files[path])) for path in sent]
    operations += [CommitOperationDelete(path, is_folder=False) for path in removed]
    if operations:
        message = f"{'Update' if there.content else 'Add'} {plan.kind} (agir push)"
        made = hub.create_commit(
            repo, operations, commit_message=message, repo_type=plan.kind, parent_commit=commit
        )
        commit = made.oid
    return Pushed(repo, url, commit, sent, removed)


def _difference(plan: UploadPlan, files: dict[str, RepoFile]) -> tuple[list[str], list[str]]:
    """Paths that are new or changed, and paths that the plan does not have."""
    sent = [p for p, file in sorted(plan.files.items()) if not _same(files.get(p), file)]
    return sent, sorted(files.keys() - plan.files.keys() - set(KEPT_HIDDEN))


def _same(known: RepoFile | None, file: Path) -> bool:
    """Whether the Hub's file has the content of the file here."""
    size = file.stat().st_size
    if known is None or known.size != size:
        return False
    if known.lfs is not None:
        return known.lfs.sha256 == _digest(file, hashlib.sha256())
    return known.blob_id == _digest(file, hashlib.sha1(b"blob %d\0" % size))  # as git names it


def _digest(file: Path, digest) -> str:
    with file.open("rb") as source:
        while block := source.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _url(hub: HfApi, repo: str, kind: str) -> str:
    return f"{hub.endpoint}/{'' if kind == 'model' else f'{kind}s/'}{repo}"


_AGAIN = (
    "run the same command again, and it goes on from what was sent (nothing half is there: a push "
    "is one commit)"
)


@contextmanager
def translate_errors(repo: str, endpoint: str) -> Iterator[None]:
    """Turn errors of the Hub's library into a `PublishError`.

    Args:
        repo: that is pushed to.
        endpoint: address of the Hub.
    """
    from huggingface_hub.errors import (
        HfHubHTTPError,
        HFValidationError,
        HTTPError,
        OfflineModeIsEnabled,
    )

    try:
        yield
    except HFValidationError as error:
        raise PublishError(f"the Hub refuses the name {repo!r}: {error}") from error
    except OfflineModeIsEnabled as error:
        raise PublishError(
            "the Hub is not asked, for HF_HUB_OFFLINE is set: unset it to publish"
        ) from error
    except (HTTPError, RuntimeError) as error:
        if isinstance(error, PublishError):
            raise
        cause = _cause(error, HTTPError)  # the upload of a large file wraps it
        if isinstance(cause, HfHubHTTPError):
            raise PublishError(_refusal(cause, repo, endpoint)) from error
        if cause is None:
            raise
        raise PublishError(
            f"the Hub cannot be reached at {endpoint}, or the connection was cut ({cause}): later "
            f"{_AGAIN}"
        ) from error
    except ValueError as error:  # such as a card that the Hub does not take
        raise PublishError(f"the Hub refuses {repo}: {error}") from error


def _cause(error: BaseException | None, kind: type) -> BaseException | None:
    while error is not None and not isinstance(error, kind):
        error = error.__cause__
    return error


def _refusal(error, repo: str, endpoint: str) -> str:
    """An answer of the Hub in words."""
    status = error.response.status_code
    said = " ".join((error.server_message or str(error)).split())
    tokens = f"{endpoint}/settings/tokens"
    known = {
        401: f"nothing is sent to {repo}, for the Hub does not know this access token (401): run "
        f"'hf auth login', or set HF_TOKEN to one that may write, from {tokens}",
        403: f"the access token may not write to {repo} (403: {said}): push to a name of your own, "
        f"or give the token that right at {tokens}",
        429: f"the Hub asks to wait (429, too many requests): in {_wait(error.response)}, {_AGAIN}",
        507: f"the Hub has no more room for {repo} (507: {said}): make room in your storage there",
    }
    if status in (409, 412):
        return (
            f"{repo} was changed by somebody else meanwhile ({status}: {said}): look at it, and "
            "run the same command again"
        )
    if status >= 500 and status not in known:
        return f"the Hub fails at the moment ({status}: {said}): in some minutes, {_AGAIN}"
    return known.get(status, f"the Hub refuses {repo} ({status}): {said}")


def _wait(response) -> str:
    from huggingface_hub.utils import parse_ratelimit_headers

    limit = parse_ratelimit_headers(response.headers)
    seconds = response.headers.get("Retry-After") or (limit and limit.reset_in_seconds)
    return f"{seconds} seconds" if seconds else "some minutes"

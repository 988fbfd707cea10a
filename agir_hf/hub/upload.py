"""A parcel → its repository on the Hub: one commit, then a tag."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .guard import check
from .parcel import KEPT_HIDDEN, Parcel, PublishError
from .trouble import told

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
        commit: that holds the parcel.
        sent: paths that were new or changed; empty where all of it was there.
        removed: paths that the parcel no longer has.
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
    parcel: Parcel, *, tag: str | None = None, private: bool = False, new: bool = False
) -> Pushed:
    """Make a repository what a parcel says.

    All of it is one commit, so nothing half is ever there; a push that was interrupted is run
    again, and what was sent of it is not sent twice. Files of an earlier push that the parcel no
    longer has are removed; the earlier commits keep them.

    Args:
        parcel: what goes where.
        tag: name for the revision; None leaves it without one.
        private: whether a repository that is made is private.
        new: refuse a repository that is there already.

    Raises:
        RefusedError: the parcel holds what must not go up; nothing was asked of the Hub.
        PublishError: the repository is not ours, or has the tag for something else; the Hub
            refuses, asks to wait, or cannot be reached.
    """
    from huggingface_hub import HfApi

    check(parcel)
    hub = HfApi()
    with told(parcel.repo, hub.endpoint):
        repo = _whole_name(hub, parcel.repo)
        there = _look(hub, repo, parcel.kind)
        if there is not None:
            _refuse(parcel, repo, there, private, new)
        if there is not None and tag in there.tags:
            return _tagged(hub, parcel, repo, there, tag)
        if there is None:
            sdk = "gradio" if parcel.kind == "space" else None
            hub.create_repo(repo, repo_type=parcel.kind, private=private, space_sdk=sdk)
            there = _look(hub, repo, parcel.kind)
        done = _commit(hub, parcel, repo, there)
        if tag is not None:
            hub.create_tag(repo, tag=tag, revision=done.commit, repo_type=parcel.kind)
    return done


def whole_name(repo: str) -> str:
    """The name with its owner, by default whose access token it is.

    Raises:
        PublishError: the name is none, there is no access token that may write, or the Hub cannot
            be asked.
    """
    from huggingface_hub import HfApi

    hub = HfApi()
    with told(repo, hub.endpoint):
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


def _refuse(parcel: Parcel, repo: str, there: There, private: bool, new: bool) -> None:
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
    if parcel.sign not in there.files:
        some = ", ".join(sorted(there.content)[:3])
        raise PublishError(
            f"{repo} is there already and holds something else ({some}; no {parcel.sign}): "
            "name another"
        )


def _tagged(hub: HfApi, parcel: Parcel, repo: str, there: There, tag: str) -> Pushed:
    """The revision of that tag, where it holds just this parcel.

    Raises:
        PublishError: it holds something else.
    """
    commit = there.tags[tag]
    sent, removed = _difference(parcel, _files(hub, repo, parcel.kind, commit))
    if sent or removed:
        some = ", ".join((sent + removed)[:3]) + (", …" if len(sent + removed) > 3 else "")
        raise PublishError(
            f"{repo} has the tag {tag} already, for other content (not the same: {some}): give "
            "this one another name with --tag, or push without (--no-tag)"
        )
    return Pushed(repo, _url(hub, repo, parcel.kind), commit, [], [])


def _commit(hub: HfApi, parcel: Parcel, repo: str, there: There) -> Pushed:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    sent, removed = _difference(parcel, there.files)
    url, commit = _url(hub, repo, parcel.kind), there.commit
    operations = [CommitOperationAdd(path, str(parcel.files[path])) for path in sent]
    operations += [CommitOperationDelete(path, is_folder=False) for path in removed]
    if operations:
        message = f"{'Update' if there.content else 'Add'} {parcel.kind} (agir push)"
        made = hub.create_commit(
            repo, operations, commit_message=message, repo_type=parcel.kind, parent_commit=commit
        )
        commit = made.oid
    return Pushed(repo, url, commit, sent, removed)


def _difference(parcel: Parcel, files: dict[str, RepoFile]) -> tuple[list[str], list[str]]:
    """Paths that are new or changed, and paths that the parcel does not have."""
    sent = [p for p, file in sorted(parcel.files.items()) if not _same(files.get(p), file)]
    return sent, sorted(files.keys() - parcel.files.keys() - set(KEPT_HIDDEN))


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

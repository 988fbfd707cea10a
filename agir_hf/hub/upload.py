"""Upload a plan to its repository on the Hub: one commit, then a tag."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..utils.hub_host import HUB_HOST, TRUSTED_HOST_VARIABLE, may_get_token
from .publish_checks import check
from .upload_plan import ALLOWED_HIDDEN, PublishError, UploadPlan

if TYPE_CHECKING:
    from huggingface_hub import HfApi, RepoFile

_CREATED_BY_THE_HUB = {*ALLOWED_HIDDEN, "README.md"}
_BLOCK = 1 << 20
_RUN_AGAIN = (
    "run the same command again, and it continues with what is missing (a push is one commit, so "
    "the repository is never incomplete)"
)


@dataclass(frozen=True)
class PushResult:
    """What a push changed.

    Attributes:
        repo: Name of the repository, "owner/name".
        url: Address of the repository.
        commit: Commit that has the content of the plan.
        sent: Paths that were new or changed; empty if everything was up to date.
        removed: Paths that the plan no longer has.
    """

    repo: str
    url: str
    commit: str
    sent: list[str]
    removed: list[str]


@dataclass(frozen=True)
class RemoteRepository:
    """The state of a repository on the Hub.

    Attributes:
        private: Whether the repository is private.
        commit: Newest commit.
        files: Path → file of the newest commit.
        tags: Name of a tag → its commit.
    """

    private: bool
    commit: str
    files: dict[str, RepoFile]
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def uploaded(self) -> set[str]:
        """Paths of files that a user uploaded."""
        return self.files.keys() - _CREATED_BY_THE_HUB


def push(
    plan: UploadPlan, *, tag: str | None = None, private: bool = False, new: bool = False
) -> PushResult:
    """Upload a plan, so that its repository has exactly the files of the plan.

    Every file is checked first. The upload is one commit, so the repository is never incomplete;
    after an interruption the same call continues, and files that were already sent are not sent
    again. Files of an earlier push that the plan no longer has are removed; earlier commits keep
    them. The access token is that of ``hf auth login`` or of the variable ``HF_TOKEN``.

    Args:
        plan ([`~agir_hf.hub.upload_plan.UploadPlan`]):
            Files and repository.
        tag (`str`, *optional*):
            Name for the revision. By default it gets none.
        private (`bool`, defaults to `False`):
            Whether a repository that is created is private.
        new (`bool`, defaults to `False`):
            Refuse a repository that already has files.

    Returns:
        [`PushResult`]: Address and commit, and the paths that were sent and removed.

    Raises:
        RefusedError: The plan has a file that must not be published. Nothing was sent.
        PublishError: The repository has other content, the tag exists for another content, the
            access token may not write, or the Hub refuses the upload or cannot be reached.

    Example:
        ```python
        >>> from pathlib import Path
        >>> from agir_hf.hub.publish_checks import RefusedError
        >>> from agir_hf.hub.upload import push
        >>> from agir_hf.hub.upload_plan import UploadPlan
        >>> _ = Path("weights.bin").write_bytes(b"")
        >>> files = {"weights.bin": Path("weights.bin")}
        >>> plan = UploadPlan("model", "me/agir", files, identifying_file="weights.bin")
        >>> try:
        ...     push(plan, tag="v1")
        ... except RefusedError as error:
        ...     print(error.findings[0])
        weights.bin: a pickle, which can run code where it is loaded: save it as safetensors or JSON

        ```
    """
    from huggingface_hub import HfApi

    check(plan)
    hub = HfApi()
    _check_host(hub.endpoint)
    with translate_errors(plan.repo, hub.endpoint):
        repo = _full_name(hub, plan.repo)
        remote = _remote_repository(hub, repo, plan.kind)
        if remote is not None:
            _check_remote(plan, repo, remote, private, new)
        if remote is not None and tag in remote.tags:
            return _tagged_result(hub, plan, repo, remote, tag)
        if remote is None:
            sdk = "gradio" if plan.kind == "space" else None
            hub.create_repo(repo, repo_type=plan.kind, private=private, space_sdk=sdk)
            remote = _remote_repository(hub, repo, plan.kind)
        result = _commit(hub, plan, repo, remote)
        if tag is not None:
            hub.create_tag(repo, tag=tag, revision=result.commit, repo_type=plan.kind)
    return result


def full_name(repo: str) -> str:
    """Return the name of a repository with its owner, by default the user of the access token.

    Args:
        repo: Name of the repository, "name" or "owner/name".

    Raises:
        PublishError: The name is not valid, there is no access token that may write, or the Hub
            cannot be reached.
    """
    from huggingface_hub import HfApi

    hub = HfApi()
    _check_host(hub.endpoint)
    with translate_errors(repo, hub.endpoint):
        return _full_name(hub, repo)


def _check_host(endpoint: str) -> None:
    """Check, before anything is sent, that the host may get the access token."""
    if not may_get_token(endpoint):
        raise PublishError(
            f"HF_ENDPOINT is {endpoint}, expected https://{HUB_HOST}: nothing is sent, because the "
            f"access token goes only to the Hub; unset it, or set {TRUSTED_HOST_VARIABLE} to the "
            "host of your own Hub"
        )


def _full_name(hub: HfApi, repo: str) -> str:
    from huggingface_hub import get_token
    from huggingface_hub.utils import validate_repo_id

    validate_repo_id(repo)
    if not get_token():
        raise PublishError(
            "there is no access token: run 'hf auth login', or set HF_TOKEN to a token that may "
            f"write (from {hub.endpoint}/settings/tokens)"
        )
    user = hub.whoami()
    if user.get("auth", {}).get("accessToken", {}).get("role") == "read":
        raise PublishError(
            f"this access token may only read: make one that may write at {hub.endpoint}"
            "/settings/tokens"
        )
    return repo if "/" in repo else f"{user['name']}/{repo}"


def _remote_repository(hub: HfApi, repo: str, kind: str) -> RemoteRepository | None:
    """Return the state of a repository; None if it does not exist."""
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        info = hub.repo_info(repo, repo_type=kind)
    except RepositoryNotFoundError:
        return None
    refs = hub.list_repo_refs(repo, repo_type=kind)
    tags = {ref.name: ref.target_commit for ref in refs.tags}
    files = _remote_files(hub, repo, kind, info.sha)
    return RemoteRepository(bool(info.private), info.sha, files, tags)


def _remote_files(hub: HfApi, repo: str, kind: str, revision: str) -> dict[str, RepoFile]:
    from huggingface_hub import RepoFile

    rows = hub.list_repo_tree(repo, recursive=True, revision=revision, repo_type=kind)
    return {row.path: row for row in rows if isinstance(row, RepoFile)}


def _check_remote(
    plan: UploadPlan, repo: str, remote: RemoteRepository, private: bool, new: bool
) -> None:
    """Raise unless the plan may be pushed to an existing repository."""
    if private and not remote.private:
        raise PublishError(
            f"{repo} exists and is public: --private is for a new repository; make it private in "
            "its settings on the Hub"
        )
    if not remote.uploaded:
        return
    if new:
        raise PublishError(f"{repo} already exists: name another, or leave out --new")
    if plan.identifying_file not in remote.files:
        some = ", ".join(sorted(remote.uploaded)[:3])
        raise PublishError(
            f"{repo} already exists with other content ({some}; no {plan.identifying_file}): "
            "name another repository"
        )


def _tagged_result(
    hub: HfApi, plan: UploadPlan, repo: str, remote: RemoteRepository, tag: str
) -> PushResult:
    """Return the revision of an existing tag, if it has exactly the content of the plan.

    Raises:
        PublishError: It has other content.
    """
    commit = remote.tags[tag]
    sent, removed = _differences(plan, _remote_files(hub, repo, plan.kind, commit))
    if sent or removed:
        some = ", ".join((sent + removed)[:3]) + (", …" if len(sent + removed) > 3 else "")
        raise PublishError(
            f"{repo} already has the tag {tag}, for other content (different: {some}): pass "
            "another name with --tag, or push without a tag (--no-tag)"
        )
    return PushResult(repo, _url(hub, repo, plan.kind), commit, [], [])


def _commit(hub: HfApi, plan: UploadPlan, repo: str, remote: RemoteRepository) -> PushResult:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    sent, removed = _differences(plan, remote.files)
    url, commit = _url(hub, repo, plan.kind), remote.commit
    operations = [CommitOperationAdd(path, str(plan.files[path])) for path in sent]
    operations += [CommitOperationDelete(path, is_folder=False) for path in removed]
    if operations:
        message = f"{'Update' if remote.uploaded else 'Add'} {plan.kind} (agir push)"
        info = hub.create_commit(
            repo, operations, commit_message=message, repo_type=plan.kind, parent_commit=commit
        )
        commit = info.oid
    return PushResult(repo, url, commit, sent, removed)


def _differences(plan: UploadPlan, files: dict[str, RepoFile]) -> tuple[list[str], list[str]]:
    """Return the paths that are new or changed, and the paths that the plan does not have."""
    sent = [p for p, file in sorted(plan.files.items()) if not _is_same(files.get(p), file)]
    return sent, sorted(files.keys() - plan.files.keys() - set(ALLOWED_HIDDEN))


def _is_same(remote: RepoFile | None, file: Path) -> bool:
    """Return whether a file on the Hub has the content of a local file."""
    size = file.stat().st_size
    if remote is None or remote.size != size:
        return False
    if remote.lfs is not None:
        return remote.lfs.sha256 == _digest(file, hashlib.sha256())
    return remote.blob_id == _digest(file, hashlib.sha1(b"blob %d\0" % size))  # as git names it


def _digest(file: Path, digest) -> str:
    with file.open("rb") as source:
        while block := source.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _url(hub: HfApi, repo: str, kind: str) -> str:
    return f"{hub.endpoint}/{'' if kind == 'model' else f'{kind}s/'}{repo}"


@contextmanager
def translate_errors(repo: str, endpoint: str) -> Iterator[None]:
    """Turn errors of huggingface_hub into a `PublishError`.

    Args:
        repo: Name of the repository, for the message.
        endpoint: Address of the Hub, for the message.
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
            "HF_HUB_OFFLINE is set, so the Hub is not used: unset it to publish"
        ) from error
    except (HTTPError, RuntimeError) as error:
        if isinstance(error, PublishError):
            raise
        cause = _cause(error, HTTPError)  # the upload of a large file wraps it
        if isinstance(cause, HfHubHTTPError):
            raise PublishError(_refusal_text(cause, repo, endpoint)) from error
        if cause is None:
            raise
        raise PublishError(
            f"the Hub cannot be reached at {endpoint}, or the connection was lost ({cause}): later "
            f"{_RUN_AGAIN}"
        ) from error
    except ValueError as error:  # such as a card that the Hub does not accept
        raise PublishError(f"the Hub refuses {repo}: {error}") from error


def _cause(error: BaseException | None, kind: type) -> BaseException | None:
    while error is not None and not isinstance(error, kind):
        error = error.__cause__
    return error


def _refusal_text(error, repo: str, endpoint: str) -> str:
    """Return a message for an error response of the Hub."""
    status = error.response.status_code
    answer = " ".join((error.server_message or str(error)).split())
    tokens = f"{endpoint}/settings/tokens"
    messages = {
        401: f"nothing is sent to {repo}: the Hub does not accept this access token (401): run "
        f"'hf auth login', or set HF_TOKEN to one that may write, from {tokens}",
        403: f"the access token may not write to {repo} (403: {answer}): push to a name of your "
        f"own, or give the token that right at {tokens}",
        429: f"too many requests (429): in {_waiting_time(error.response)}, {_RUN_AGAIN}",
        507: f"the Hub has no space left for {repo} (507: {answer}): free space in your storage "
        "there",
    }
    if status in (409, 412):
        return (
            f"{repo} was changed by another user during the push ({status}: {answer}): look at "
            "it, and run the same command again"
        )
    if status >= 500 and status not in messages:
        return f"the Hub has an error ({status}: {answer}): in some minutes, {_RUN_AGAIN}"
    return messages.get(status, f"the Hub refuses {repo} ({status}): {answer}")


def _waiting_time(response) -> str:
    from huggingface_hub.utils import parse_ratelimit_headers

    limit = parse_ratelimit_headers(response.headers)
    seconds = response.headers.get("Retry-After") or (limit and limit.reset_in_seconds)
    return f"{seconds} seconds" if seconds else "some minutes"

"""Texts of the recordings of a corpus: written, kept, and written again where out of date."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Protocol

from tqdm import tqdm

from ..annotation.llm_writer import Answered, Request
from ..annotation.prompts import Written
from ..annotation.rule_writer import RuleWriter, write_references
from ..gait.norms import Norms
from ..utils.parallel import in_processes
from .corpus_norms import norms_digest
from .schema import NUM_REFERENCES
from .store import Annotation, Recorded, Store

_TEXTS_PER_WORKER = 128  # texts that a worker process writes before they are recorded


class Writer(Protocol):
    """Writer of texts for measured recordings.

    Attributes:
        name: Name of the writer, as in the column `writer` of the corpus.
        state: Everything that the texts depend on, such as the seed. Another state means that texts
            are written again.
    """

    name: str
    state: str

    def write(self, requests: Iterable[Request]) -> Iterator[Answered]:
        """Yield one answer per request, in the order of the requests."""


def annotate_all(
    recordings: list[Recorded],
    store: Store,
    writer: Writer | None = None,
    seed: int = 0,
    norms: Norms | None = None,
    workers: int = 1,
    quantities: Collection[str] | None = None,
) -> dict[str, Annotation]:
    """Write the texts of all recordings; a text that is up to date is not written again.

    Args:
        recordings: Measured recordings.
        store: Texts of earlier builds, to which new texts are added.
        writer: Writer of the texts. Default: rules. Recordings without measured parameters or
            without a score are always written about by rules, because a language model has nothing
            to describe or to argue for. Without a score the part `overall` is empty.
        seed: Seed of the rule writer, which also writes the further references.
        norms: Norms of a laboratory, or None for the published norms.
        workers: Number of processes that write the further references.
        quantities: Quantities that the texts of the rules may speak of, or None for all.

    Returns:
        `dict`: Id of a recording → its text.
    """
    annotations, rules = store.annotations(), RuleWriter(seed, quantities)
    writer = writer or rules
    scored = {row.id for row in recordings if row.item["score"] is not None}
    writer_of = {
        row.id: writer if row.parameters and row.id in scored else rules for row in recordings
    }
    state = f"{rules.state} {norms_digest(norms)}"
    keys = {row.id: text_key(row, writer_of[row.id].state, state) for row in recordings}
    by_id = {row.id: row for row in recordings}
    pending = [row for row in recordings if not is_current(annotations.get(row.id), keys[row.id])]
    total = len(recordings)
    with tqdm(total=total, initial=total - len(pending), unit="text", desc="writing") as bar:
        for current in dict.fromkeys((writer, rules)):
            requests = {
                row.id: text_request(row, norms) for row in pending if writer_of[row.id] is current
            }
            if current is rules:
                write = partial(write_by_rules, rules=rules)
                answers = in_processes(write, requests.values(), workers, in_order=True)
            else:
                answers = _with_references(
                    current.write(requests.values()), requests, rules, workers
                )
            for answer, further in answers:
                row = by_id[answer.key]
                annotation = _annotation(row, answer, further, current.name, keys[row.id])
                store.annotate(annotation)
                annotations[answer.key] = annotation
                bar.update()
    return {row.id: annotations[row.id] for row in recordings}


def annotation_by_rules(
    row: Recorded, rules: RuleWriter, state: str, norms: Norms | None = None
) -> Annotation:
    """Write the text of one recording by rules, as `annotate_all` does.

    Args:
        row: Measured recording; its motion is not used.
        rules: Rule writer.
        state: State of the rules and of the norms.
        norms: Norms of a laboratory, or None for the published norms.
    """
    answer, further = write_by_rules(text_request(row, norms), rules)
    return _annotation(row, answer, further, rules.name, text_key(row, rules.state, state))


def _annotation(
    row: Recorded, answer: Answered, further: tuple[Written, ...], writer: str, key: str
) -> Annotation:
    written = answer.written
    if row.item["score"] is None:
        written, further = _unscored(written), tuple(map(_unscored, further))
    return Annotation(
        row.id, key, **vars(written), writer=writer, flags=answer.flags, further=further
    )


def _unscored(written: Written) -> Written:
    """Text without the part that argues for a score."""
    return replace(written, overall="")


def _with_references(
    answers: Iterator[Answered], requests: Mapping[str, Request], rules: RuleWriter, workers: int
) -> Iterator[tuple[Answered, tuple[Written, ...]]]:
    """Yield each answer with the further references of its walk, which processes write."""
    size = 1 if workers == 1 else _TEXTS_PER_WORKER * workers
    write = partial(_references_of_job, rules=rules)
    while batch := list(islice(answers, size)):
        jobs = [(requests[answer.key], answer.written) for answer in batch]
        yield from zip(batch, in_processes(write, jobs, workers, in_order=True), strict=True)


def _references_of_job(job: tuple[Request, Written], rules: RuleWriter) -> tuple[Written, ...]:
    request, written = job
    texts = _texts_by_rules(request, rules)
    others = [text for text in texts if text != written]
    return tuple([*others, *texts][: NUM_REFERENCES - 1])


def write_by_rules(request: Request, rules: RuleWriter) -> tuple[Answered, tuple[Written, ...]]:
    """Write the text of a walk and the references next to it.

    Args:
        request: The walk.
        rules: Rule writer, whose text is the first of the references.

    Returns:
        `tuple`: The text, and four further references.
    """
    first, *others = _texts_by_rules(request, rules)
    return Answered(request.key, first, ()), tuple(others)


def _texts_by_rules(request: Request, rules: RuleWriter) -> list[Written]:
    return write_references(
        request.parameters, request.score, rules.generator(request.key), request.age, request.sex,
        request.norms, count=NUM_REFERENCES, quantities=rules.quantities,
    )  # fmt: skip


def text_request(row: Recorded, norms: Norms | None) -> Request:
    """Request for the text of a recording.

    Args:
        row: Measured recording.
        norms: Norms of a laboratory, or None for the published norms.
    """
    item = row.item
    score = item["score"] or 0  # without a score, see `annotate_all`
    return Request(row.id, row.parameters, score, item["age"], item["sex"], norms)


def is_current(annotation: Annotation | None, key: str) -> bool:
    """Check whether a text is up to date.

    A text is up to date if recording, writer and norms are unchanged. A text that a reviewer
    revised is up to date for any writer and norms, as long as the recording is unchanged.

    Args:
        annotation: The text, or None if there is none.
        key: Hash of the recording and, after a colon, of writer and norms.
    """
    if annotation is None:
        return False
    recording, _, _ = key.partition(":")
    return annotation.key == key or (
        annotation.revised and annotation.key.startswith(f"{recording}:")
    )


def text_key(row: Recorded, *states: str) -> str:
    """Hash of a recording and, after a colon, of everything else that its text depends on.

    Args:
        row: Measured recording.
        *states: States of the writers and of the norms.
    """
    content = [row.parameters, row.item["score"], row.item["age"], row.item["sex"]]
    parts = (json.dumps(content, sort_keys=True), "\n".join(states))
    return ":".join(hashlib.sha256(part.encode()).hexdigest()[:16] for part in parts)

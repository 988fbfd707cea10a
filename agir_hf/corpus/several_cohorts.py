"""Reader of several cohorts: folders of cohorts, and CARE-PD pickles, in one folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from .care_pd_cohort import read_care_pd_cohort
from .clinical import ClinicalTableError
from .shida_cohort import has_shida_names, shida_table
from .source import Item, Source, SourceError
from .table_cohort import TABLE


def cohort_folders(folder: Path) -> list[Path]:
    """Subfolders that are cohorts of their own, with their scores.

    Args:
        folder: Folder of the source, or a file, which has none.
    """
    if not folder.is_dir():
        return []
    return [path for path in sorted(folder.iterdir()) if path.is_dir() and _is_cohort(path)]


def _is_cohort(folder: Path) -> bool:
    """Whether a folder has recordings with a table of scores, or CARE-PD pickles."""
    if (folder / TABLE).is_file() or any(folder.glob("*.pkl")):
        return True
    if not has_shida_names(list(folder.rglob("*.[cC]3[dD]"))):
        return False
    try:
        shida_table(folder)
    except ClinicalTableError:
        return False
    return True


def read_cohorts(
    folders: list[Path],
    pickles: list[Path],
    read: Callable[[Path, int], Source],
    num_scores: int,
) -> Source:
    """List the recordings of several cohorts.

    Args:
        folders: Folders of cohorts.
        pickles: CARE-PD pickles next to them.
        read: Function that reads the source in a folder.
        num_scores: Number of scores, see `parse_score`.

    Raises:
        SourceError: Two cohorts have the same name, or simulated and recorded cohorts are mixed.
    """
    sources = [_named(read(folder, num_scores), folder.name) for folder in folders]
    if pickles:
        sources.append(_named(read_care_pd_cohort(pickles, num_scores), pickles[0].stem))
    names = Counter(name for source in sources for name in {i.cohort for i in source.items})
    repeated = [name for name, count in names.items() if count > 1]
    if repeated:
        raise SourceError(
            f"two cohorts are named {repeated[0]}, expected different names: rename one"
        )
    if len({source.simulated for source in sources}) > 1:
        raise SourceError(
            "the source mixes simulated and recorded cohorts, expected one of the two: build a "
            "corpus of each"
        )
    excluded: dict[str, str] = {}
    for source in sources:
        excluded |= source.excluded
    return Source(
        kind="cohorts",
        title="; ".join(source.title for source in sources),
        simulated=sources[0].simulated,
        licence="; ".join(f"{source.title}: {source.licence}" for source in sources),
        publishable=all(source.publishable for source in sources),
        items=tuple(item for source in sources for item in source.items),
        excluded=excluded,
        remarks=tuple(dict.fromkeys(remark for source in sources for remark in source.remarks)),
        num_scores=num_scores,
    )


def _named(source: Source, name: str) -> Source:
    """Source whose recordings have a cohort; names of subjects and recordings begin with it."""
    if source.kind == "care-pd":  # the names begin with the name of the file already
        items = tuple(replace(item, cohort=item.cohort or item.path.stem) for item in source.items)
        return replace(source, items=items)
    if source.kind == "cohorts":
        return source
    return replace(
        source,
        title=f"{name} ({source.title})" if source.title != name else name,
        items=tuple(_prefixed(item, name) for item in source.items),
        excluded={f"{name}/{key}": reason for key, reason in source.excluded.items()},
        remarks=tuple(f"{name}: {remark}" for remark in source.remarks),
    )


def _prefixed(item: Item, cohort: str) -> Item:
    return replace(
        item,
        id=f"{cohort}/{item.id}",
        subject=f"{cohort}_{item.subject}",
        session=f"{cohort}_{item.session}",
        walk=f"{cohort}/{item.walk}",
        cohort=cohort,
    )

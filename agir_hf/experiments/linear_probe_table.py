"""Table 1 of the paper: a linear probe on frozen embeddings, one subject left out at a time."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..assessment.messages import one_line
from ..assessment.models import load_model
from ..corpus.loading import ALL_SUBJECTS
from ..evaluation.probing.baseline_rows import plain_rows
from ..evaluation.probing.linear_probe import Clips, Walks, cut, leave_one_out
from ..evaluation.probing.network_probe import NETWORKS, network_embeddings
from ..evaluation.reporting.report import write_report
from ..evaluation.reporting.results import Row
from ..humanml3d import features_to_joints
from .configurations import CONFIGURATIONS
from .inference import EvaluationSet, embeddings
from .plan import TableOptions, TablePlan, make_plan, train_configurations
from .predictions import model_row, updates_note
from .reports import report_folder, table_results
from .starting_points import start_title

CONFIGURATION_NAMES = ("generative", "reasoning_only", "generative_reasoning")
TITLE = "Linear probe (the paper's Table 1)"
PRINTED = {"AGIR, two stages": {"precision": 0.46, "recall": 0.51, "f1": 0.58}}
NAIVE = "naive: two stages trained on all subjects, token embeddings"
SMOKE_NETWORK_STEPS = 2


def linear_probe_table(options: TableOptions) -> list[Path]:
    """Train the models, probe their frozen embeddings, and write the report.

    Source: AGIR (Wang, Bobenrieth and Seo 2025), section 3.1 and Table 1.

    Args:
        options: Corpus, output folder and settings.

    Returns:
        Folder of the report, `linear_probe` in the output folder, as a list of one.

    Raises:
        ExperimentError: An option, the corpus or the output folder is wrong, or a stage failed.
        ModelError: A trained model cannot be loaded.
    """
    folder = report_folder(options.output, "linear_probe")
    plan = make_plan(options)
    train_configurations(plan, CONFIGURATION_NAMES, folder, all_subjects=True)
    walks = plan.tested_walks()
    labelled = Walks(walks.ids, walks.subjects, np.asarray(walks.scores), len(plan.classes))
    rows = plain_rows(walks.motions, walks.parameters, labelled)
    rows += model_rows(plan, walks, labelled)
    rows += network_rows(plan, walks, labelled, options.public_weights or {})
    written = model_row(plan, "generative_reasoning", walks)
    rows.append(replace(written, name=f"{written.name}, the score it writes"))
    results = table_results(plan, options, "linear-probe", TITLE, rows, walks, PRINTED)
    write_report(results, folder)
    return [folder]


def model_rows(plan: TablePlan, walks: EvaluationSet, labelled: Walks) -> list[Row]:
    """Probe every embedding of every language model.

    A subject is probed with embeddings of the model of the fold in which the subject is tested.

    Args:
        plan: What was trained.
        walks: Test walks of all folds.
        labelled: The same walks with their labels.

    Returns:
        Rows of the tokenizer, of a model that is judged as it is, of each language model, and the
        naive row, whose model was trained on the subjects it is tested on.
    """
    owner, clips = cut(walks.motions)
    rows, seed = _start_rows(plan, clips, owner, labelled), plan.seeds[0]
    for name in CONFIGURATION_NAMES:
        by_fold = {
            fold: _model_embeddings(plan, plan.cross.output_folder(name, fold, seed), clips)
            for fold in plan.folds
        }
        for kind in next(iter(by_fold.values())):
            of_tokenizer = kind.startswith("tokenizer")
            if of_tokenizer and name != CONFIGURATION_NAMES[0]:
                continue  # the configurations of a fold share its tokenizer
            tables = {fold: Clips(values[kind], owner) for fold, values in by_fold.items()}
            title, note = kind, None
            if not of_tokenizer:
                title = f"{CONFIGURATIONS[name].title}, {kind.partition(': ')[2]}"
                updates = updates_note(plan, name)
                note = f"language models trained without the subject tested, {updates}"
            rows.append(_probe_by_fold(plan, title, tables, labelled, note))
    folder = plan.cross.output_folder("generative_reasoning", ALL_SUBJECTS, seed)
    values = _model_embeddings(plan, folder, clips)["model: token embeddings"]
    note = "not a result: its language model was trained on the subjects it is tested on"
    rows.append(leave_one_out(NAIVE, Clips(values, owner), labelled, note=note))
    return rows


def _start_rows(
    plan: TablePlan, clips: list[np.ndarray], owner: np.ndarray, labelled: Walks
) -> list[Row]:
    """Rows of the language model of a complete model that is judged as it is, if there is one."""
    name = plan.cross.start.model or plan.cross.start.vqvae_model
    if name is None:
        return []
    values = _model_embeddings(plan, name, clips)
    note = "not trained here; not a result if this model was trained on walks of these subjects"
    tables = {kind.partition(": ")[2]: v for kind, v in values.items() if kind.startswith("model")}
    return [
        leave_one_out(f"{start_title(name)}, {kind}", Clips(table, owner), labelled, note=note)
        for kind, table in tables.items()
    ]


def _model_embeddings(
    plan: TablePlan, folder: Path | str, clips: list[np.ndarray]
) -> dict[str, np.ndarray]:
    model, processor = load_model(str(folder), plan.devices[0], plan.cross.precision)
    return embeddings(model, processor, clips)


def _probe_by_fold(
    plan: TablePlan,
    title: str,
    tables: Mapping[str, Clips],
    labelled: Walks,
    note: str | None = None,
) -> Row:
    """Probe with each subject's clips as the encoder of the subject's fold embeds them."""
    return leave_one_out(title, lambda subject: tables[plan.fold_of(subject)], labelled, note=note)


def network_rows(
    plan: TablePlan,
    walks: EvaluationSet,
    labelled: Walks,
    public_weights: Mapping[str, Path | None],
) -> list[Row]:
    """Probe skeleton networks that were trained on the subjects of the other folds.

    Args:
        plan: Folds of the subjects.
        walks: Test walks of all folds.
        labelled: The same walks with their labels.
        public_weights: Network name → file of its authors' weights, which replace the training.

    Returns:
        One row for each network; it has no figures where a file of weights is missing.
    """
    owner, clips = cut(walks.motions)
    joints = features_to_joints(clips)
    labels, owners = np.asarray(walks.scores)[owner], np.asarray(walks.subjects)[owner]
    steps = SMOKE_NETWORK_STEPS if plan.smoke else None
    rows = []
    for name, network in NETWORKS.items():
        weights = public_weights.get(name)
        title = f"{name}, {'public weights' if weights else 'trained from scratch'}"
        tables = {}
        try:
            for fold in plan.folds:
                in_training = ~np.isin(owners, plan.subjects[fold])
                values = network_embeddings(
                    network, joints, labels, in_training, weights, steps, device=plan.devices[0]
                )
                tables[fold] = Clips(values, owner)
        except FileNotFoundError as error:
            print(f"{title}: {one_line(error)}; this row has no figures")
            rows.append(Row(title, [], f"weights not found: {one_line(error)}"))
            continue
        rows.append(_probe_by_fold(plan, title, tables, labelled))
    return rows

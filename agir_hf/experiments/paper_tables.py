"""Both tables of the paper, of any corpus: trained by fold, answered, judged, beside baselines."""

import argparse
import json
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..cli.console import UsageError, load_model, one_line

TABLE_2 = ("reasoning_only", "ego", "dpo", "ego_dpo", "generative_reasoning", "shuffled")
TABLE_1 = ("generative", "reasoning_only", "generative_reasoning")
SMOKE_FOLDS = 2
SCHEME = "stratified"
PRINTED = {"AGIR, two stages": {"precision": 0.46, "recall": 0.51, "f1": 0.58}}
_NAIVE = "naive: two stages trained on everybody, token embeddings"


@dataclass(frozen=True)
class Plan:
    """What is trained, and on whom.

    Attributes:
        cross: of the trainings.
        walks: every walk with a score.
        folds: names; subjects: fold → who is tested there.
        seeds: of the trainings.
        smoke: whether all is as small as can be.
    """

    cross: object
    walks: object
    folds: list[str]
    subjects: dict[str, tuple[str, ...]]
    seeds: list[int]
    smoke: bool

    @property
    def asked(self):
        """Walks of the folds, of those that the budget asks for."""
        from .inference import judged_walks

        rows = self.cross.budget.test_rows
        if rows is None:
            return self.walks.of_subjects(s for some in self.subjects.values() for s in some)
        corpus = str(self.cross.corpus)
        names = {n for f in self.folds for n in judged_walks(corpus, "test", rows, f).ids}
        return self.walks.select(i for i, name in enumerate(self.walks.ids) if name in names)

    def fold_of(self, subject: str) -> str:
        return next(fold for fold, some in self.subjects.items() if subject in some)


def plan(options: argparse.Namespace) -> Plan:
    """Look at the corpus and the recipes before anything is trained.

    Raises:
        UsageError: something is not as it should be.
    """
    import datasets

    from ..corpus.splits import SPLITS_FILE, load_folds
    from .cross_validation import SMOKE, CrossValidation, TrainingBudget, recipes_folder
    from .inference import all_walks

    for name in ("steps", "workers"):
        if getattr(options, name) < 1:
            raise UsageError(f"--{name} is {getattr(options, name)}, expected at least 1")
    if min(options.seeds) < 0 or len(set(options.seeds)) < len(options.seeds):
        raise UsageError(
            f"--seeds are {' '.join(map(str, options.seeds))}, expected different numbers from 0 on"
        )
    if not (options.corpus / SPLITS_FILE).is_file():
        raise UsageError(
            f"{options.corpus} has no {SPLITS_FILE}, expected a corpus: make one with 'agir corpus "
            "build'"
        )
    datasets.disable_progress_bars()  # reading takes a moment; training has a bar of its own
    try:
        recipes = recipes_folder(options.recipes)
        found = load_folds(options.corpus, SCHEME)
        walks = all_walks(str(options.corpus))
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(one_line(error)) from error
    if len(set(walks.subjects)) < 3 or len(found) < 3:
        raise UsageError(
            f"{options.corpus} has {len(set(walks.subjects))} subjects with a score in "
            f"{len(found)} folds, expected at least 3: to test, to choose by, to learn from"
        )
    subjects = {f"{SCHEME}/{fold.name}": fold.test for fold in found}
    _check_folds(subjects, walks)
    if options.smoke:
        subjects = dict(list(subjects.items())[:SMOKE_FOLDS])
    budget = SMOKE if options.smoke else TrainingBudget(language_steps=options.steps)
    cross = CrossValidation(
        options.corpus.resolve(), (options.output / "trained").resolve(), recipes, budget
    )
    return Plan(cross, walks, list(subjects), subjects, options.seeds, options.smoke)


def _check_folds(subjects: dict[str, tuple[str, ...]], walks) -> None:
    """Nobody is tested twice; every score is learnt from."""
    times = Counter(name for some in subjects.values() for name in some)
    twice = [name for name, number in times.items() if number > 1]
    if twice:
        raise UsageError(f"subject {twice[0]} is tested in two folds: build the corpus again")
    score_of = list(zip(walks.subjects, walks.scores, strict=True))
    for fold, some in subjects.items():
        lacking = set(walks.scores) - {score for name, score in score_of if name not in some}
        if lacking:
            print(f"{fold}: nobody to learn score {min(lacking)} from; it cannot be given there")


def train(plan: Plan, names: Sequence[str], workers: int, naive: bool = False) -> None:
    """Train and let answer what is not done yet.

    Raises:
        UsageError: a stage failed.
    """
    from tqdm import tqdm

    from ..corpus.loading import ALL_SUBJECTS
    from .cross_validation import StageError

    try:
        plan.cross.lock_config()
    except ValueError as error:
        raise UsageError(one_line(error)) from error
    folds = [(names, fold, seed) for fold in plan.folds for seed in plan.seeds]
    if naive:  # first: its stages are the longest row in which one waits for the other
        folds.insert(0, (["generative_reasoning"], ALL_SUBJECTS, plan.seeds[0]))
    stages = [stage for fold in folds for stage in plan.cross.stages(*fold)]
    print(f"{len(stages)} stages of {len(folds)} trainings: {plan.cross.folder}")
    with tqdm(total=len(stages), unit="stage", disable=None) as bar:

        def done(name: str) -> None:
            bar.set_postfix_str(name)
            bar.update()

        try:
            plan.cross.run(stages, workers, done)
        except StageError as error:
            raise UsageError(one_line(error)) from error


def reasoning(options: argparse.Namespace) -> int:
    """Table 2: the five configurations, a control, and baselines of score and text."""
    from ..evaluation.reporting.rationale_scores import TextJudge
    from ..evaluation.reporting.report import check_folder, write_report
    from ..evaluation.reporting.results import versions

    target = options.output / "reasoning"
    _checked(check_folder, target)
    made = plan(options)
    train(made, TABLE_2, options.workers)
    asked = made.asked
    judge = TextJudge(
        dict(zip(asked.ids, asked.rationales, strict=True)),
        dict(zip(asked.ids, asked.parameters, strict=True)),
        options.encoder,
    )
    rows = [answered(made, name, asked) for name in TABLE_2]
    rows = [judge.row(row) for row in [*rows, *text_baselines(made, asked)]]
    results = _results(made, options, "reasoning", "Reasoning (the paper's Table 2)", rows, asked)
    write_report(results(versions()), target, against=rows[0].name)
    return _tell(target)


def answered(plan: Plan, name: str, asked) -> object:
    """A configuration's answers in every fold, as a row."""
    from ..evaluation.metrics.calibration import apply_temperature
    from ..evaluation.reporting.results import FoldResult, Prediction, Row
    from .cross_validation import ANSWERS, CONFIGURATIONS, VALIDATED

    known = {n: i for i, n in enumerate(asked.ids)}
    folds, temperatures = [], []
    for fold in plan.folds:
        for seed in plan.seeds:
            place = plan.cross.place(name, fold, seed)
            temperatures.append(_temperature(place / VALIDATED))
            answers = json.loads((place / ANSWERS).read_text(encoding="utf-8"))
            chances = np.array([one["probabilities"] for one in answers])
            chances = apply_temperature(chances, temperatures[-1])
            predictions = [
                Prediction(
                    one["id"],
                    asked.subjects[known[one["id"]]],
                    asked.scores[known[one["id"]]],
                    one["score"],
                    tuple(row),
                    one["text"],
                    {"well_formed": float(one["well_formed"])},
                )
                for one, row in zip(answers, chances, strict=True)
            ]
            folds.append(FoldResult(fold, seed, predictions))
    told = ", ".join(f"{one:.2f}" for one in temperatures)
    return Row(CONFIGURATIONS[name].title, folds, f"temperatures {told}, of validation walks")


def _temperature(path: Path) -> float:
    """Fitted on answers to validation walks; 1 where they are too few."""
    from ..evaluation.metrics.calibration import FEWEST_WALKS, fit_temperature

    rows = json.loads(path.read_text(encoding="utf-8"))
    if len(rows) < FEWEST_WALKS:
        return 1.0
    chances = np.array([one["probabilities"] for one in rows])
    return fit_temperature([one["truth"] for one in rows], chances)


def text_baselines(plan: Plan, asked) -> list:
    """Retrieval, a forest with the rule's sentences, and no text: forest, regression, majority."""
    from ..annotation.rule_writer import write_rationale
    from ..evaluation.probing.baselines import (
        fit_forest,
        fit_logistic,
        fit_majority,
        nearest_walks,
        parameter_table,
    )

    made: dict[str, list] = {}
    for fold in plan.folds:
        tested = asked.of_subjects(plan.subjects[fold])
        learnt = plan.walks.of_subjects(set(plan.walks.subjects) - set(plan.subjects[fold]))
        both = parameter_table([*learnt.parameters, *tested.parameters])
        tables = both[: len(learnt.ids)], both[len(learnt.ids) :]
        near = nearest_walks(learnt.motions, tested.motions)
        draw = np.random.default_rng(0)
        written = [write_rationale(one, draw).rationale for one in tested.parameters]
        copied = [learnt.rationales[i] for i in near]
        right = np.eye(3)
        ways = {
            "nearest walk: its text and score": (right[[learnt.scores[i] for i in near]], copied),
            "majority class": (_given(fit_majority, tables, learnt), None),
            "logistic regression on gait parameters": (_given(fit_logistic, tables, learnt), None),
        }
        for name, (chances, texts) in ways.items():
            made.setdefault(name, []).append(_fold(fold, 0, tested, chances, texts))
        for seed in (0, 1, 2):
            chances = _given(fit_forest, tables, learnt, seed)
            made.setdefault("random forest on gait parameters, rule-written text", []).append(
                _fold(fold, seed, tested, chances, written)
            )
    from ..evaluation.reporting.results import Row

    return [Row(name, folds) for name, folds in made.items()]


def _given(fit, tables, learnt, seed: int = 0) -> np.ndarray:
    return fit(tables[0], np.asarray(learnt.scores), 3, seed)(tables[1])


def _fold(fold: str, seed: int, walks, chances: np.ndarray, texts: list[str] | None):
    from ..evaluation.reporting.results import FoldResult, Prediction

    predictions = [
        Prediction(
            walks.ids[i],
            walks.subjects[i],
            walks.scores[i],
            int(row.argmax()),
            tuple(row),
            texts[i] if texts else None,
        )
        for i, row in enumerate(chances)
    ]
    return FoldResult(fold, seed, predictions)


def linear_probe(options: argparse.Namespace) -> int:
    """Table 1: frozen embeddings of clips under a linear layer, one subject left out at a time."""
    from ..evaluation.probing.baseline_rows import plain_rows
    from ..evaluation.probing.linear_probe import Walks
    from ..evaluation.reporting.report import check_folder, write_report
    from ..evaluation.reporting.results import versions

    target = options.output / "linear_probe"
    _checked(check_folder, target)
    made = plan(options)
    train(made, TABLE_1, options.workers, naive=True)
    asked = made.asked
    who = Walks(asked.ids, asked.subjects, np.asarray(asked.scores), 3)
    rows = plain_rows(asked.motions, asked.parameters, who)
    rows += _embedded_rows(made, asked, who)
    rows += _network_rows(made, asked, who, options)
    whole = answered(made, "generative_reasoning", asked)
    rows.append(replace(whole, name=f"{whole.name}, the score it writes"))
    title = "Linear probe (the paper's Table 1)"
    results = _results(made, options, "linear-probe", title, rows, asked, PRINTED)
    write_report(results(versions()), target)
    return _tell(target)


def _embedded_rows(plan: Plan, asked, who) -> list:
    """A row for each language model and embedding; a fold's own models for its subjects."""
    from ..corpus.loading import ALL_SUBJECTS
    from ..evaluation.probing.linear_probe import Clips, cut, leave_one_out
    from .cross_validation import CONFIGURATIONS
    from .inference import embeddings

    owner, parts = cut(asked.motions)
    rows, seed = [], plan.seeds[0]
    for name in TABLE_1:
        by_fold = {
            fold: embeddings(*load_model(str(plan.cross.place(name, fold, seed))), parts)
            for fold in plan.folds
        }
        for way in next(iter(by_fold.values())):
            tokenizer = way.startswith("tokenizer")
            if tokenizer and name != TABLE_1[0]:
                continue  # one tokenizer for all
            tables = {fold: Clips(found[way], owner) for fold, found in by_fold.items()}
            title = way if tokenizer else f"{CONFIGURATIONS[name].title}, {way.partition(': ')[2]}"
            note = None if tokenizer else "language models that have not seen the subject tested"
            rows.append(
                leave_one_out(title, lambda s, t=tables: t[plan.fold_of(s)], who, note=note)
            )
    everybody = plan.cross.place("generative_reasoning", ALL_SUBJECTS, seed)
    found = embeddings(*load_model(str(everybody)), parts)["model: token embeddings"]
    note = "not a result: its language model was trained on the subjects it is tested on"
    rows.append(leave_one_out(_NAIVE, Clips(found, owner), who, note=note))
    return rows


def _network_rows(plan: Plan, asked, who, options) -> list:
    """Skeleton networks, trained on the subjects of the other folds, then frozen and probed."""
    from ..evaluation.probing.linear_probe import Clips, cut, leave_one_out
    from ..evaluation.probing.network_probe import NETWORKS, network_embeddings
    from ..evaluation.reporting.results import Row
    from ..humanml3d import features_to_joints

    owner, parts = cut(asked.motions)
    joints = features_to_joints(parts)
    labels, owners = np.asarray(asked.scores)[owner], np.asarray(asked.subjects)[owner]
    weights = {"MotionAGFormer": options.motionagformer, "PoseFormerV2": options.poseformerv2}
    rows = []
    for name, network in NETWORKS.items():
        path = weights.get(name)
        title = f"{name}, {'public weights' if path else 'trained from scratch'}"
        tables = {}
        try:
            for fold in plan.folds:
                learnt = ~np.isin(owners, plan.subjects[fold])
                steps = 2 if plan.smoke else None
                tables[fold] = Clips(
                    network_embeddings(network, joints, labels, learnt, path, steps), owner
                )
        except FileNotFoundError as error:
            print(f"{title}: {one_line(error)}; its row is left empty")
            rows.append(Row(title, [], f"weights not there: {one_line(error)}"))
            continue
        rows.append(leave_one_out(title, lambda s, t=tables: t[plan.fold_of(s)], who))
    return rows


def _results(plan: Plan, options, kind: str, title: str, rows, asked, paper=None):
    """Versions → results."""
    from ..evaluation.reporting.results import Results

    folds = f"{len(plan.folds)} folds by subject"
    scheme = folds if kind == "reasoning" else (
        f"leave one subject out, {len(set(asked.subjects))} subjects; language models and networks "
        f"by {folds}"
    )  # fmt: skip
    if plan.smoke:
        title += ", smoke run: everything too small to mean anything"
    budget = {k: v for k, v in vars(plan.cross.budget).items() if k != "options"}
    command = f"agir evaluate {kind} CORPUS -o OUT --seeds {' '.join(map(str, plan.seeds))}"
    command += " --smoke" if plan.smoke else f" --steps {options.steps}"
    if options.encoder:
        command += f" --encoder {shlex.quote(Path(options.encoder).name)}"
    return lambda versions: Results(
        kind=kind,
        title=title,
        data=asked.about,
        simulated=asked.simulated,
        classes=[0, 1, 2],
        class_names=["0", "1", "2"],
        scheme=scheme,
        command=command,
        config={**budget, "seeds": plan.seeds, "subjects": len(set(asked.subjects))},
        versions=versions,
        rows=rows,
        paper=paper or {},
    )


def _checked(check, target: Path) -> None:
    try:
        check(target)
    except FileExistsError as error:
        raise UsageError(one_line(error)) from error


def _tell(target: Path) -> int:
    print((target / "tables.md").read_text(encoding="utf-8"))
    print(f"evaluation: {target}")
    return 0

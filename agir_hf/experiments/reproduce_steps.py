"""The list of steps of `agir reproduce`, with the command of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .configurations import read_settings
from .cross_validation import SMOKE

if TYPE_CHECKING:
    from .reproduce_plan import ReproducePlan

BY_SUBJECT = "leave_one_subject_out"
T5 = "google/flan-t5-base"  # that MotionGPT started from
# Names of steps, which are also those of their folders in the output folder.
CORPUS, MOTIONGPT, TOKENIZER = "corpus", "motiongpt", "vqvae"
GENERATIVE, REASONING, PREFERENCE = "generative", "reasoning", "dpo"
TABLES, REASONING_TABLE, PROBE_TABLE = "tables", "reasoning_table", "linear_probe_table"
COMPARISON, MODEL = "comparison", "model"
WORKERS = 2  # processes that measure walks
WEIGHTS, CALIBRATION, FIGURES = "model.safetensors", "calibration.json", "results.json"


@dataclass(frozen=True)
class Step:
    """A step of the reproduction.

    Attributes:
        name: Name, also of its log and its marker.
        title: What it does, as a sentence without full stop.
        result: File that exists when it is finished, relative to the output folder.
        about: What the folder or file of the result is, for the summary.
        inputs: Names of the steps whose results it uses.
        command: Arguments of Python; empty where there is a function.
        function: Function that writes the result, called with the plan.
        obstacle: Function that returns why the step cannot be done with this corpus, or an empty
            text. Such a step is left out, with the reason in its marker and on the summary page.
    """

    name: str
    title: str
    result: str
    about: str
    inputs: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    function: Callable[[ReproducePlan], None] | None = field(default=None, compare=False)
    obstacle: Callable[[ReproducePlan], str] | None = field(default=None, compare=False)


def all_steps(plan: ReproducePlan, pages: dict[str, Callable]) -> tuple[Step, ...]:
    """List the steps of a plan, each after those it uses.

    Args:
        plan: Options and folders.
        pages: Functions of the steps `COMPARISON` and `MODEL`.
    """
    steps = (*_data_steps(plan), *_training_steps(plan), *_model_steps(plan))
    return (*steps, *_table_steps(plan), *_page_steps(pages))


def _cli(*words: object, **options: object) -> tuple[str, ...]:
    """Arguments of Python for a command of this package; options that are None are left out."""
    return ("-m", "agir_hf.cli", *map(str, words), *_as_words(options))


def _as_words(options: dict[str, object]) -> Iterator[str]:
    """Options as words of a command line: a list is repeated words, True is a switch."""
    for name, value in options.items():
        if value is None or value is False:
            continue
        yield f"--{name.replace('_', '-')}"
        if isinstance(value, list | tuple):
            yield from map(str, value)
        elif value is not True:
            yield str(value)


def _data_steps(plan: ReproducePlan) -> Iterator[Step]:
    """Steps that make the corpus and, if there is a checkpoint, convert MotionGPT."""
    options, output = plan.options, plan.output
    yield Step(
        CORPUS,
        "Build the corpus: joints, features, gait parameters, rationales, splits",
        f"{CORPUS}/corpus.json",
        "corpus, with card and splits; `load_dataset` reads the folder",
        command=_cli(
            "corpus", "build", plan.download.folder, output / CORPUS,
            fit=options.fit, body=options.body, workers=options.workers or WORKERS,
            seed=options.seeds[0],
        ),
    )  # fmt: skip
    if options.motiongpt:
        t5 = options.tokenizer or options.t5 or T5
        yield Step(
            MOTIONGPT,
            "Convert the MotionGPT checkpoint",
            f"{MOTIONGPT}/{WEIGHTS}",
            "converted MotionGPT, with the origin of every tensor in `conversion.txt`",
            command=_cli(
                "convert-motiongpt", options.motiongpt, output / MOTIONGPT, tokenizer=t5,
                mean=options.mean, std=options.std, t5_config=t5 if _has_config(t5) else None,
            ),
        )  # fmt: skip


def _has_config(t5: str) -> bool:
    return not Path(t5).is_dir() or (Path(t5) / "config.json").is_file()


def _training_steps(plan: ReproducePlan) -> Iterator[Step]:
    """Steps that train the final model on the published split."""
    converted = plan.options.motiongpt is not None
    if not converted:
        yield Step(
            TOKENIZER,
            "Train the motion tokenizer on the published split",
            f"{TOKENIZER}/reconstruction.json",
            "motion tokenizer, with its reconstruction errors in `reconstruction.json`",
            (CORPUS,),
            _training(plan, "train_vqvae", TOKENIZER, "vqvae.yaml"),
        )
    first = MOTIONGPT if converted else TOKENIZER
    start = {"model": first} if converted else {"vqvae": first, "t5": plan.options.t5}
    yield Step(
        GENERATIVE,
        "Train the first stage (motion and description)",
        f"{GENERATIVE}/{WEIGHTS}",
        "first stage: describes and generates walks",
        (CORPUS, first),
        _training(plan, "sft_generative", GENERATIVE, "generative.yaml", **start),
    )
    yield Step(
        REASONING,
        "Train the second stage (rationale and score): the final model",
        f"{REASONING}/{WEIGHTS}",
        "second stage: the final model as it was trained",
        (CORPUS, GENERATIVE),
        _training(plan, "sft_reasoning", REASONING, "generative_reasoning.yaml", model=GENERATIVE),
    )
    yield Step(
        PREFERENCE,
        "Train the final model on preferences (DPO)",
        f"{PREFERENCE}/{WEIGHTS}",
        "the final model after preference optimisation, a variant for comparison",
        (CORPUS, REASONING),
        _training(plan, "dpo", PREFERENCE, "dpo.yaml", model=REASONING),
    )


def _training(
    plan: ReproducePlan, recipe: str, name: str, settings: str, **start: str | None
) -> tuple[str, ...]:
    """Arguments of Python for a training of the final model.

    Args:
        plan: Options and folders.
        recipe: Name of the script, without suffix.
        name: Name of the step.
        settings: YAML file in the folder of the configurations.
        **start: Option of the script → step whose result it starts from, or T5; None is left out.
    """
    options, written = plan.options, read_settings(plan.configs / settings)
    words = [
        str(plan.recipes / f"{recipe}.py"), "--config", str(plan.configs / settings),
        "--corpus", str(plan.output / CORPUS), "--output_dir", str(plan.output / name),
        "--seed", str(options.seeds[0]), "--resume_from_checkpoint", "auto",
    ]  # fmt: skip
    if recipe != "train_vqvae":
        words += ["--training_data", plan.download.source.title]
        words += _precision_words(options.precision)
    words += ["--device", options.device] if options.device else []
    for option, value in start.items():
        if value is not None:
            words += [f"--{option}", value if option == "t5" else str(plan.output / value)]
    if "vqvae" in start and written.get("model"):  # that of the file is for use on its own
        words += ["--model", ""]
    if options.smoke and "t5" in start and not start["t5"] and written.get("t5"):
        words += ["--t5", ""]  # a smoke run is from scratch
    return (*words, *_length_words(recipe, written, options.smoke))


def _precision_words(precision: str | None) -> list[str]:
    kinds = ("bf16", "fp16") if precision else ()
    return [word for kind in kinds for word in (f"--{kind}", str(precision == kind).lower())]


def _length_words(recipe: str, written: dict, smoke: bool) -> list[str]:
    """Words for the length of a training, its checkpoints and the choice of the best of them."""
    reads_texts = recipe in ("sft_reasoning", "dpo")
    best = ["--load_best_model_at_end", "true", "--metric_for_best_model", "cider"]
    best += ["--greater_is_better", "true", "--generate", "true"]
    if not smoke:
        words = []
        if written.get("save_strategy", "no") == "no":  # without checkpoints it cannot be resumed
            words = ["--save_strategy", "epoch", "--save_total_limit", "1"]
            words += ["--eval_strategy", "epoch" if reads_texts else "no"]
        return words + (best if reads_texts and not written.get("load_best_model_at_end") else [])
    number = SMOKE.language_steps
    if recipe in ("train_vqvae", "dpo"):
        number = SMOKE.tokenizer_steps if recipe == "train_vqvae" else SMOKE.preference_steps
    words = [*SMOKE.options.get(recipe, ()), "--max_steps", str(number)]
    words += ["--save_strategy", "steps", "--save_steps", str(number), "--save_total_limit", "1"]
    if not reads_texts:
        return [*words, "--eval_strategy", "no", "--load_best_model_at_end", "false"]
    rows = str(SMOKE.generate_rows)
    words += ["--eval_strategy", "steps", "--eval_steps", str(number)]
    return [*words, *best, "--generate_rows", rows]


def _model_steps(plan: ReproducePlan) -> Iterator[Step]:
    """Steps that calibrate and evaluate the final model and its variant with preferences."""
    options = plan.options
    placement = ["--device", options.device] if options.device else []
    placement += ["--precision", options.precision] if options.precision else []
    for name, title in ((REASONING, "final model"), (PREFERENCE, "model after preferences")):
        model = ["--model", str(plan.output / name), "--corpus", str(plan.output / CORPUS)]
        model += placement
        yield Step(
            f"calibrate_{name}",
            f"Calibrate the {title} on validation walks",
            f"{name}/{CALIBRATION}",
            "",
            (CORPUS, name),
            (str(plan.recipes / "calibrate.py"), *model),
            obstacle=too_few_to_calibrate,
        )
        more = ["--output", str(plan.output / name / FIGURES)]
        more += ["--encoder", options.encoder] if options.encoder else []
        more += ["--rows", str(SMOKE.test_rows)] if options.smoke else []
        yield Step(
            f"evaluate_{name}",
            f"Evaluate the {title} on the test subjects",
            f"{name}/{FIGURES}",
            "",
            (CORPUS, name, f"calibrate_{name}"),
            (str(plan.recipes / "evaluate.py"), *model, *more),
        )


def too_few_to_calibrate(plan: ReproducePlan) -> str:
    """Return why the validation walks are too few to calibrate on; empty if they are not.

    Args:
        plan: Plan whose corpus is built.
    """
    from ..corpus.loading import load_corpus
    from ..evaluation.metrics.calibration import FEWEST_WALKS

    corpus = load_corpus(str(plan.output / CORPUS), "reasoning", ["validation"])
    number = len(corpus["validation"])
    if number >= FEWEST_WALKS:
        return ""
    return f"not calibrated: {number} validation walks, expected at least {FEWEST_WALKS}"


def _table_steps(plan: ReproducePlan) -> Iterator[Step]:
    """Steps that make both tables with the same folders of trainings."""
    options, output = plan.options, plan.output
    start = (MOTIONGPT,) if options.motiongpt else ()
    by_subject = "leave-one-subject-out" if options.scheme == BY_SUBJECT else None
    tables = {
        REASONING_TABLE: ("reasoning", "Table 2: five configurations, cross-validated by subject"),
        PROBE_TABLE: ("linear-probe", "Table 1: frozen embeddings, one subject left out at a time"),
    }
    for name, (kind, title) in tables.items():
        folder = kind.replace("-", "_")
        yield Step(
            name,
            title,
            f"{TABLES}/{folder}/{FIGURES}",
            f"{title}; the trained models of all folds are in `{TABLES}/trained`",
            (CORPUS, *start, *((REASONING_TABLE,) if name == PROBE_TABLE else ())),
            _cli(
                "evaluate", kind, output / CORPUS, output=output / TABLES, configs=plan.configs,
                model=output / MOTIONGPT if options.motiongpt else None,
                t5=None if options.motiongpt else options.t5,
                device=options.device, precision=options.precision,
                scheme=by_subject if kind == "reasoning" else None,
                language_models_per="subject" if by_subject and kind != "reasoning" else None,
                seeds=options.seeds, workers=options.workers, encoder=options.encoder,
                smoke=options.smoke,
            ),
        )  # fmt: skip


def _page_steps(pages: dict[str, Callable]) -> Iterator[Step]:
    """Steps that compare with the printed figures, and make the folder to publish."""
    tables = (REASONING_TABLE, PROBE_TABLE)
    yield Step(
        COMPARISON,
        "Set both tables next to the printed figures",
        f"{COMPARISON}.md",
        "both tables next to the figures that the paper prints",
        tables,
        function=pages[COMPARISON],
    )
    yield Step(
        MODEL,
        "Make the folder of the final model with card and model-index",
        f"{MODEL}/README.md",
        "**the final model**, calibrated, with code, card and model-index: what `agir assess "
        "--model` and `agir push model --from` take",
        (REASONING, f"calibrate_{REASONING}", f"evaluate_{REASONING}", *tables),
        function=pages[MODEL],
    )

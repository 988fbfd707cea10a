"""Make the embedded checkpoint: simulate, train three stages, evaluate, export.

    python recipes/tiny/train.py

Makes ``agir_hf/assets/agir-tiny`` with one command; ``recipes/tiny/README.md`` describes the stages
and the evaluation. A stage whose result exists in ``runs/tiny`` is not run again; ``--fresh``
starts over. The seeds are set in the YAML files. This script works in a clone of the repository
only: it writes to ``runs`` and ``agir_hf/assets`` there, from any current folder.
"""

import json
import re
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np

from agir_hf import ASSETS
from agir_hf.assessment.parameter_forest import FILE as FOREST_FILE
from agir_hf.constants_agir import NOTICE
from agir_hf.evaluation.reporting.split_results import comparison
from agir_hf.training.script_utils import check_clone, run
from agir_hf.utils.command_line import Parser, positive_int
from agir_hf.utils.files import atomic_folder
from agir_hf.version import __version__

REPOSITORY = Path(__file__).resolve().parents[2]
RUN = Path("runs/tiny")
SUBJECTS, CONTROLS, WALKS, SEED = 2000, 500, 1, 0  # WALKS: walks of each session, OFF and ON
SIMULATE = (
    f"agir corpus simulate {RUN}/cohort --layout varied --subjects {SUBJECTS} "
    f"--controls {CONTROLS} --walks {WALKS} --seed {SEED}"
)
# Rationales speak of what the motion embedding keeps (recipes/readout.py). Left out are the
# asymmetry and the variability of steps, the rhythm, the coordination of the trunk, and turning.
QUANTITIES = (
    "step_length", "foot_lift", "heel_strike", "step_width", "hip_range", "knee_range",
    "ankle_range", "arm_swing", "arm_asymmetry", "speed", "posture", "double_support", "cadence",
    "sway",
)  # fmt: skip
BUILD = (
    f"agir corpus build {RUN}/cohort {RUN}/corpus --fit centres --seed {SEED} --quantities "
    f"{','.join(QUANTITIES)}"
)
BATCH = 16  # walks in a step of the language model, over all ranks
STAGES = (  # recipe, its YAML file, output folder in runs/tiny
    ("train_vqvae", "vqvae/config_tiny.yaml", "vqvae"),
    ("sft_generative", "generative/config_tiny.yaml", "generative"),
    ("sft_reasoning", "reasoning/config_tiny.yaml", "reasoning"),
)
FINAL = STAGES[-1][-1]
MAX_BYTES = 15_000_000
ERROR = "0.05"  # highest error rate of answers that are not uncertain, on validation walks

CARD = """\
---
library_name: transformers
license: apache-2.0
language: en
tags:
- gait
- human-motion
- simulated
---

# agir-tiny

The checkpoint that ships with AGIR-HF: a motion VQ-VAE and a T5 with {parameters:.1f} million
parameters in total, both trained from scratch. **It was trained on simulated walks only.** It
demonstrates the software; its scores say nothing reliable about a person.
{notice}

## Training

```bash
python recipes/tiny/train.py
```

(agir-hf {version}, seed {seed}): {subjects} simulated subjects, OFF and ON medication, and
{controls} healthy controls, {walks_each} walk per session, without sessions that have no score;
half of the sessions are recorded as markers, the others as joints of other skeletons. 70 % of the
subjects are for training, 10 % for validation, 20 % for the evaluation below. Skeletons are
aligned to one reference before features are computed from joints. The motion tokenizer is also
trained on mirror images, and to keep measured gait parameters. In the language model, the
embeddings of motion tokens are computed from the codebook during training; a probe (layer norm
and one linear layer on the mean encoder state of the motion) is trained with it; and measured
gait parameters are targets of an auxiliary loss. They are never an input. Each score has the same
total weight in the class loss, because the scores are not equally frequent. Targets are drawn
from five rule-written rationales of each walk. They do not speak of the asymmetry and variability
of steps, rhythm, coordination of the trunk, and turning, which the motion embedding does not
keep.

## Evaluation

{walks} simulated walks of {walkers} subjects that were not used in training, one split, no
cross-validation; `python recipes/evaluate.py` on the test split. Averages are over the three
scores. Texts are compared with the five rationales of the rule writer, and checked against the gait
measured in the walk.

{table}

The model reads a walk and its mirror image, so the score hardly depends on the side.
{rationales} rationales are sampled for each walk. The probabilities of the score tokens are
averaged over some of them and over the same number of rationales of the mirror image, and combined
with those of the probe. The temperature, the weight of the probe, a bias for each
score, and the confidence below which a score is called uncertain, {threshold:.2f}, were fitted on
the {fitted_walks} walks of the {fitted_walkers} validation subjects, for an error rate of at most
{error:.0%} above it (`recipes/calibrate.py`): of the test walks {certain:.0%} are above it, and
{certain_error:.1%} of those are wrong. The factors of the other limits of uncertainty were chosen
on recordings of people.

The unaided text is the sampled rationale that is most similar to the others. The text chosen by
evidence is the default of the package: its sentences are taken from all sampled rationales, and
none of them is contradicted by the measured gait.

Without constrained decoding, {well_formed:.1%} of the answers are well-formed; the package
constrains decoding, so all are. The motion tokenizer reconstructs the joints of validation subjects
with a mean error of {mpjpe:.1f} mm (root-aligned) and uses {codes_used} of {codebook_size} codes.

Confusion matrix (rows: simulated score, columns: predicted score):

| | 0 | 1 | 2 |
|---|---|---|---|
{confusion}

The simulated scores are settings of the simulation, not ratings by clinicians. The rationales are
learned from sentences of the rule writer.
{external}{ablation}{recordings}"""
ABLATION = """
## Ablation

The configurations of the paper, each trained for {epochs} epochs with the YAML files of
`recipes/ablation/tiny` (the embedded checkpoint was trained longer) and evaluated on {walks} walks
of the same test split; mean and, for several seeds, standard deviation; simulated walks, no
cross-validation: `python recipes/tiny/ablation.py --seeds {seeds}`.

{table}

{verdict}
"""
EXTERNAL = """
## Recordings of people with labels

`agir evaluate external FOLDER`; brackets have the 95 % interval over people. Choices of the
training and of the limits of uncertainty were made on recordings of some of these people.

{tables}
"""
RECORDINGS = """
## Recordings of people

All results are shown. A few walks do not measure accuracy, and the model was trained on simulated
walks only.

| recording | score | probabilities of 0, 1, 2 | uncertain |
|---|---|---|---|
{rows}
"""


def main() -> None:
    parser = Parser(description=__doc__.splitlines()[0])
    parser.add_argument("--fresh", action="store_true", help=f"remove {RUN} and start over")
    parser.add_argument(
        "--workers", type=positive_int, default=2, help="processes that simulate (default: 2)"
    )
    parser.add_argument(
        "--ranks",
        type=int,
        default=2,
        help=f"processes that train the language model, a divisor of {BATCH} (default: 2)",
    )
    parser.add_argument("--encoder", help="name or folder of the encoder of BERTScore")
    parser.add_argument(
        "--external",
        action="append",
        default=[],
        metavar="DIR",
        help="folder of recordings of people with a table, for the card; may be repeated",
    )
    parser.add_argument(
        "--recordings", nargs="*", default=[], help="recordings of people to show in the card"
    )
    options = parser.parse_args()
    check_clone(REPOSITORY, "recipes/tiny/train.py")
    if options.ranks < 1 or BATCH % options.ranks:
        raise ValueError(
            f"--ranks is {options.ranks}, expected a divisor of {BATCH}, the walks in a step"
        )
    if options.fresh:
        shutil.rmtree(REPOSITORY / RUN, ignore_errors=True)
    for result, command in (("cohort/README.md", SIMULATE), ("corpus/corpus.json", BUILD)):
        words = [*command.split()[1:], "--workers", str(options.workers)]
        run_stage(result, ["-m", "agir_hf.cli", *words])
    for recipe, settings, name in STAGES:
        script = [f"recipes/{recipe}.py", "--config", f"recipes/{settings}"]
        if recipe != "train_vqvae":  # one process: its convolutions use all cores
            script = [*torchrun(options.ranks), *script]
            script += ["--per_device_train_batch_size", str(BATCH // options.ranks)]
        run_stage(f"{name}/model.safetensors", [*script, "--resume_from_checkpoint", "auto"])
    model = ["--model", f"{RUN}/{FINAL}", "--corpus", f"{RUN}/corpus", "--batch-size", "24"]
    run_stage(f"{FINAL}/calibration.json", ["recipes/calibrate.py", *model, "--error", ERROR])
    results = RUN / FINAL / "results.json"
    command = [*model, "--output", str(results)]
    command += ["--encoder", options.encoder] if options.encoder else []
    command += ["--recordings", *options.recordings] if options.recordings else []
    run_stage(f"{FINAL}/results.json", ["recipes/evaluate.py", *command])
    for folder in options.external:
        result = f"external/{Path(folder).resolve().name}"
        command = ["evaluate", "external", folder, "-o", str(RUN / result)]
        command += ["--model", f"{RUN}/{FINAL}", "--training", f"{RUN}/corpus"]
        run_stage(f"{result}/figures.json", ["-m", "agir_hf.cli", *command])
    export(REPOSITORY / RUN, ASSETS / "agir-tiny")


def torchrun(ranks: int) -> list[str]:
    """Return the arguments of Python that start a script in several processes."""
    return ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)]


def run_stage(result: str, command: list[str]) -> None:
    """Run a stage, unless its result exists.

    Args:
        result: File that the stage writes, relative to ``runs/tiny``.
        command: Arguments of Python.

    Raises:
        ValueError: The stage failed; its own message was printed before.
    """
    if (REPOSITORY / RUN / result).exists():
        print(f"{RUN / result} exists: stage skipped")
        return
    print(f"python {' '.join(command)}", flush=True)
    start = time.monotonic()
    process = subprocess.run([sys.executable, *command], cwd=REPOSITORY)
    if process.returncode:
        raise ValueError(
            f"{command[0]} ended with {process.returncode}: fix the error above and run again to "
            "resume"
        )
    print(f"{RUN / result}: {(time.monotonic() - start) / 60:.1f} minutes", flush=True)


def export(run_folder: Path, target: Path) -> None:
    """Write the trained model into the package, without the code files of remote code.

    Args:
        run_folder: Folder of the stages.
        target: Folder to write; an existing one is replaced at the end.

    Raises:
        ValueError: The checkpoint is too large.
    """
    from agir_hf import AgirForGaitAssessment, AgirProcessor

    source = run_folder / FINAL
    model = AgirForGaitAssessment.from_pretrained(source)
    model.generation_config.max_new_tokens = None
    with atomic_folder(target) as draft:
        model.save_pretrained(draft)
        AgirProcessor.from_pretrained(source).save_pretrained(draft)
        for code in draft.glob("*.py"):
            code.unlink()
        for path in draft.glob("*.json"):
            if path.name != "tokenizer.json":
                content = without_code(json.loads(path.read_text(encoding="utf-8")))
                path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        shutil.copy(source / "results.json", draft / "results.json")
        shutil.copy(source / FOREST_FILE, draft / FOREST_FILE)
        text = card(run_folder, model.num_parameters())
        (draft / "README.md").write_text(text, encoding="utf-8")
        size = (draft / "model.safetensors").stat().st_size
        if size > MAX_BYTES:
            raise ValueError(f"the checkpoint has {size} bytes, expected at most {MAX_BYTES}")
    print(f"embedded checkpoint: {target} ({size / 1e6:.1f} MB)")


def without_code(content):
    """Remove the entries of a JSON object that name code files, at any depth."""
    if isinstance(content, dict):
        code_entries = ("auto_map", "custom_pipelines")
        return {k: without_code(v) for k, v in content.items() if k not in code_entries}
    return content


def card(run_folder: Path, parameters: int) -> str:
    """Write the model card, with the metrics of the test split.

    Args:
        run_folder: Folder of the stages.
        parameters: Number of parameters of the model.

    Returns:
        Text of the card in Markdown.
    """
    results = read(run_folder / FINAL / "results.json")
    reconstruction = read(run_folder / "vqvae/reconstruction.json")
    calibration = read(run_folder / FINAL / "calibration.json")
    rows = enumerate(results["confusion_matrix"])
    return CARD.format(
        parameters=parameters / 1e6,
        notice=NOTICE,
        version=__version__,
        seed=SEED,
        subjects=SUBJECTS,
        controls=CONTROLS,
        walks_each=WALKS,
        walks=results["walks"],
        walkers=results["walkers"],
        table=comparison(results),
        rationales=results["num_rationales"],
        threshold=results["uncertain_below"],
        fitted_walks=calibration["walks"],
        fitted_walkers=calibration["walkers"],
        error=calibration["error"],
        certain=results["certain"],
        certain_error=results["error_where_certain"] or 0.0,
        well_formed=results["well_formed_unconstrained"],
        mpjpe=reconstruction["mpjpe_mm"],
        codes_used=reconstruction["codes_used"],
        codebook_size=reconstruction["codebook_size"],
        confusion="\n".join(f"| **{k}** | " + " | ".join(map(str, r[:3])) + " |" for k, r in rows),
        ablation=ablation(run_folder / "ablation/ablation.json"),
        external=external(run_folder / "external"),
        recordings=recordings(results["recordings"]),
    )


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def ablation(path: Path) -> str:
    """Write the section about the ablation; empty if it was not run."""
    if not path.exists():
        return ""
    sys.path.insert(0, str(Path(__file__).parent))
    from ablation import markdown

    results = read(path)
    return ABLATION.format(
        epochs=results["epochs"],
        walks=results["test_walks"],
        seeds=" ".join(map(str, results["seeds"])),
        table=markdown(results["rows"]),
        verdict=compare_stages(results["rows"]),
    )


def compare_stages(rows: dict) -> str:
    """Write a comparison of two stages with one: differences, and whether all seeds agree."""
    differences = []
    for name, title in (("accuracy", "accuracy"), ("macro_f1", "macro-F1"), ("cider", "CIDEr")):
        two_stages, one_stage = (
            np.array(rows[row][name]) for row in ("generative_reasoning", "reasoning_only")
        )
        separated = two_stages.min() > one_stage.max() or one_stage.min() > two_stages.max()
        difference = two_stages.mean() - one_stage.mean()
        differences.append(f"{difference:+.3f} in {title}{'' if separated else ' (not separated)'}")
    return textwrap.fill(
        f"Two stages compared with one: {', '.join(differences)}. Separated means that all seeds "
        "of one configuration are above all seeds of the other; with so few seeds this is weak "
        "evidence.",
        width=100,
    )


def external(folder: Path) -> str:
    """Write the section with the reports of `agir evaluate external`; empty if there are none.

    Args:
        folder: Folder with one folder for each report.
    """
    parts = []
    for path in sorted(folder.glob("*/tables.md")):
        text = path.read_text(encoding="utf-8").replace(NOTICE, "")
        text = text.partition("## Recordings left out")[0]
        parts.append(re.sub(r"^#", "###", text, flags=re.MULTILINE).strip())
    return EXTERNAL.format(tables="\n\n".join(parts)) if parts else ""


def recordings(assessments: dict) -> str:
    """Write the section with scores of recordings of people; empty if there are none."""
    rows = [
        f"| {name} | {assessment['score']} | "
        + ", ".join(f"{probability:.2f}" for probability in assessment["probabilities"])
        + f" | {'yes' if assessment['uncertain'] else 'no'} |"
        for name, assessment in assessments.items()
    ]
    return RECORDINGS.format(rows="\n".join(rows)) if rows else ""


if __name__ == "__main__":
    run(main)

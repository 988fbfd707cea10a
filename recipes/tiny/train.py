"""Make the embedded checkpoint: simulate, train three stages, score unseen walkers, write it.

    python recipes/tiny/train.py

One command from nothing to ``agir_hf/assets/agir-tiny``; what it takes and how it is judged stands
in ``recipes/tiny/README.md``. Stages whose result lies in ``runs/tiny`` are not run again;
``--fresh`` starts over. The seed is fixed in the YAML files.
"""

import argparse
import json
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np

from agir_hf import ASSETS
from agir_hf.evaluation.reporting.split_results import comparison
from agir_hf.training.script_utils import run
from agir_hf.version import __version__

REPOSITORY = Path(__file__).resolve().parents[2]
RUN = Path("runs/tiny")
SUBJECTS, WALKS, SEED = 2880, 1, 0  # walks of each session, OFF and ON
SIMULATE = f"agir corpus simulate {RUN}/cohort --subjects {SUBJECTS} --walks {WALKS} --seed {SEED}"
BUILD = f"agir corpus build {RUN}/cohort {RUN}/corpus --seed {SEED}"
BATCH = 16  # walks of a step of the language model, over all ranks
STAGES = (  # recipe, its settings, folder of what it gives
    ("train_vqvae", "vqvae/config_tiny.yaml", "vqvae"),
    ("sft_generative", "generative/config_tiny.yaml", "generative"),
    ("sft_reasoning", "reasoning/config_tiny.yaml", "reasoning"),
    ("sft_reasoning", "reasoning/config_tiny_pass2.yaml", "reasoning_pass2"),
)
FINAL = STAGES[-1][-1]
LARGEST_BYTES = 12_000_000

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

The checkpoint that ships with AGIR-HF: a motion VQ-VAE and a T5 of {parameters:.1f} million
parameters in all, both trained from scratch. **It was trained on simulated walks only.** It shows
the software at work; it says nothing reliable about a person. Research use only, not a medical
device.

## Made by

```bash
python recipes/tiny/train.py
```

(agir-hf {version}, seed {seed}): {subjects} simulated walkers, OFF and ON medication, {walks_each}
walk in each session, sessions without a score left out; 70 % for training, 10 % for validation,
20 % for the figures below; split by walker. Both stages, the second in two passes, of which the
later weighs the scores more; it keeps the embedded generative objective, so that the model still
describes and generates. Scores are weighed alike in the class loss, for they are not equally
frequent.

## Evaluation

{walks} simulated walks of {walkers} walkers it has not seen, one split, no folds; `python
recipes/evaluate.py` on the test split. Averages are over the three scores; texts are compared with
the one rationale that the rule wrote, and checked against the gait measured in the walk.

{table}

The probabilities are the mean over {rationales} rationales drawn for each walk; the one that is
most like the others is given. A temperature, a bias for each score, and the level below which a
score is called uncertain, {level:.2f}, were fitted on the {fitted_walks} walks of the
{fitted_walkers} validation walkers, for an error of at most {error:.0%} above it
(`recipes/calibrate.py`): of the test walks {certain:.0%} are above it, and {certain_error:.1%} of
those are wrong. The number of rationales and the temperature they are drawn at were chosen on
validation walks too, after figures of the same test walks had been seen.

Where its form is left free, {well_formed:.1%} of the answers are well-formed; as the package
decodes, all are. The motion tokenizer gives joints of unseen walkers back with {mpjpe:.1f} mm mean
error (root on root) and uses {codes_used} of {codebook_size} codes.

Confusion matrix (rows: simulated score, columns: score given):

| | 0 | 1 | 2 |
|---|---|---|---|
{confusion}

The simulated scores are settings of the simulation, not judgements of clinicians. Rationales are
learnt from sentences written by rule.
{ablation}{recordings}"""
ABLATION = """
## Ablation

The paper's configurations, each trained for {epochs} epochs with the YAML files of
`recipes/ablation` (the embedded checkpoint: longer), scored on {walks} walks of the same test
split; mean and, of several seeds, standard deviation, no folds, simulated walks:
`python recipes/tiny/ablation.py --seeds {seeds}`.

{table}

{verdict}
"""
RECORDINGS = """
## Recordings of people

Printed whatever comes; a few walks measure nothing. The model has seen simulated walks alone.

| recording | score | probabilities of 0, 1, 2 | uncertain |
|---|---|---|---|
{rows}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fresh", action="store_true", help=f"remove {RUN} and start over")
    parser.add_argument("--workers", type=int, default=2, help="processes that simulate")
    parser.add_argument("--ranks", type=int, default=2, help="that train the language model")
    parser.add_argument("--encoder", help="for BERTScore: name or folder")
    parser.add_argument("--recordings", nargs="*", default=[], help="of people, for the card")
    options = parser.parse_args()
    if options.ranks < 1 or BATCH % options.ranks:
        raise ValueError(f"--ranks is {options.ranks}, expected a divisor of {BATCH}, walks a step")
    if options.fresh:
        shutil.rmtree(REPOSITORY / RUN, ignore_errors=True)
    for result, command in (("cohort/README.md", SIMULATE), ("corpus/corpus.json", BUILD)):
        words = [*command.split()[1:], "--workers", str(options.workers)]
        stage(result, ["-m", "agir_hf.cli", *words])
    for recipe, settings, name in STAGES:
        script = [f"recipes/{recipe}.py", "--config", f"recipes/{settings}"]
        if recipe != "train_vqvae":  # a convolution uses all cores by itself
            script = [*torchrun(options.ranks), *script]
            script += ["--per_device_train_batch_size", str(BATCH // options.ranks)]
        stage(f"{name}/model.safetensors", [*script, "--resume_from_checkpoint", "auto"])
    model = ["--model", f"{RUN}/{FINAL}", "--corpus", f"{RUN}/corpus"]
    stage(f"{FINAL}/calibration.json", ["recipes/calibrate.py", *model])
    results = RUN / FINAL / "results.json"
    command = [*model, "--output", str(results)]
    command += ["--encoder", options.encoder] if options.encoder else []
    command += ["--recordings", *options.recordings] if options.recordings else []
    stage(f"{FINAL}/results.json", ["recipes/evaluate.py", *command])
    export(REPOSITORY / RUN, ASSETS / "agir-tiny")


def torchrun(ranks: int) -> list[str]:
    """What starts a script in several processes."""
    return ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)]


def stage(result: str, command: list[str]) -> None:
    """Run a stage unless its result is there.

    Raises:
        ValueError: it failed; it has said why.
    """
    if (REPOSITORY / RUN / result).exists():
        print(f"{RUN / result} is there: not made again")
        return
    print(f"python {' '.join(command)}", flush=True)
    begun = time.monotonic()
    done = subprocess.run([sys.executable, *command], cwd=REPOSITORY)
    if done.returncode:
        raise ValueError(
            f"{command[0]} ended with {done.returncode}: see above; run again to go on"
        )
    print(f"{RUN / result}: {(time.monotonic() - begun) / 60:.1f} minutes", flush=True)


def export(made: Path, target: Path) -> None:
    """The trained model as it is embedded: without code files, for the package is the code."""
    from agir_hf import AgirForGaitAssessment, AgirProcessor

    source = made / FINAL
    model = AgirForGaitAssessment.from_pretrained(source)
    draft = target.with_name(target.name + ".partial")
    shutil.rmtree(draft, ignore_errors=True)
    model.generation_config.max_new_tokens = None
    model.save_pretrained(draft)
    AgirProcessor.from_pretrained(source).save_pretrained(draft)
    for code in draft.glob("*.py"):
        code.unlink()
    for path in draft.glob("*.json"):
        if path.name != "tokenizer.json":
            content = without_code(json.loads(path.read_text(encoding="utf-8")))
            path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    shutil.copy(source / "results.json", draft / "results.json")
    (draft / "README.md").write_text(card(made, model.num_parameters()), encoding="utf-8")
    size = (draft / "model.safetensors").stat().st_size
    if size > LARGEST_BYTES:
        raise ValueError(f"the checkpoint has {size} bytes, expected at most {LARGEST_BYTES}")
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)
    print(f"embedded checkpoint: {target} ({size / 1e6:.1f} MB)")


def without_code(content):
    """A JSON object without the entries that name code files, at any depth."""
    if isinstance(content, dict):
        named = ("auto_map", "custom_pipelines")
        return {k: without_code(v) for k, v in content.items() if k not in named}
    return content


def card(made: Path, parameters: int) -> str:
    """The model card, with the figures of the test split."""
    results = read(made / FINAL / "results.json")
    figures = read(made / "vqvae/reconstruction.json")
    calibration = read(made / FINAL / "calibration.json")
    rows = enumerate(results["confusion_matrix"])
    return CARD.format(
        parameters=parameters / 1e6,
        version=__version__,
        seed=SEED,
        subjects=SUBJECTS,
        walks_each=WALKS,
        walks=results["walks"],
        walkers=results["walkers"],
        table=comparison(results),
        rationales=results["num_rationales"],
        level=results["uncertain_below"],
        fitted_walks=calibration["walks"],
        fitted_walkers=calibration["walkers"],
        error=calibration["error"],
        certain=results["certain"],
        certain_error=results["error_where_certain"] or 0.0,
        well_formed=results["well_formed_unconstrained"],
        mpjpe=figures["mpjpe_mm"],
        codes_used=figures["codes_used"],
        codebook_size=figures["codebook_size"],
        confusion="\n".join(f"| **{k}** | " + " | ".join(map(str, r[:3])) + " |" for k, r in rows),
        ablation=ablation(made / "ablation/ablation.json"),
        recordings=recordings(results["recordings"]),
    )


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def ablation(path: Path) -> str:
    """The ablation, where it was run."""
    if not path.exists():
        return ""
    sys.path.insert(0, str(Path(__file__).parent))
    from ablation import markdown

    found = read(path)
    return ABLATION.format(
        epochs=found["epochs"],
        walks=found["test_walks"],
        seeds=" ".join(map(str, found["seeds"])),
        table=markdown(found["rows"]),
        verdict=verdict(found["rows"]),
    )


def verdict(rows: dict) -> str:
    """Whether two stages are told apart from one, in words."""
    told = []
    for name, words in (("accuracy", "accuracy"), ("macro_f1", "macro-F1"), ("cider", "CIDEr")):
        two, one = (np.array(rows[row][name]) for row in ("generative_reasoning", "reasoning_only"))
        apart = two.min() > one.max() or one.min() > two.max()
        told.append(
            f"{two.mean() - one.mean():+.3f} in {words}{'' if apart else ' (not told apart)'}"
        )
    return textwrap.fill(
        f"Two stages against one: {', '.join(told)}. Told apart are rows of which every seed of "
        "one lies above every seed of the other; with so few seeds that is little.",
        width=100,
    )


def recordings(found: dict) -> str:
    """Scores of recordings of people, where some were given."""
    rows = [
        f"| {name} | {one['score']} | "
        + ", ".join(f"{chance:.2f}" for chance in one["probabilities"])
        + f" | {'yes' if one['uncertain'] else 'no'} |"
        for name, one in found.items()
    ]
    return RECORDINGS.format(rows="\n".join(rows)) if rows else ""


if __name__ == "__main__":
    run(main)

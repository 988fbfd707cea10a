"""Make the embedded checkpoint: simulate, train three stages, score unseen walkers, write it.

    python recipes/train_tiny.py

One command, about 20 minutes on 2 CPU cores, from nothing to ``agir_hf/assets/agir-tiny``. Stages
whose result lies in ``runs/tiny`` are not run again; ``--fresh`` starts over. The seed is fixed in
the YAML files; the same machine gives the same checkpoint.
"""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

from agir_hf import ASSETS
from agir_hf.version import __version__

RECIPES = Path(__file__).resolve().parent
REPOSITORY = RECIPES.parent
RUN = Path("runs/tiny")
SUBJECTS, WALKS, SEED = 480, 2, 0  # walks of each session, OFF and ON
SIMULATE = f"agir corpus simulate {RUN}/cohort --subjects {SUBJECTS} --walks {WALKS} --seed {SEED}"
BUILD = f"agir corpus build {RUN}/cohort {RUN}/corpus --seed {SEED}"
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
python recipes/train_tiny.py
```

(agir-hf {version}, seed {seed}): {subjects} simulated walkers, OFF and ON medication, {walks_each}
walks a session, sessions without a score left out; 70 % for training, 10 % for validation, 20 % for
the figures below; split by walker.

## On simulated walkers it has not seen

{walks} walks of {walkers} walkers, one split, no folds; `python recipes/evaluate.py` on the test
split.

| | this model | always the majority class |
|---|---|---|
| accuracy | {accuracy:.3f} | {majority_accuracy:.3f} |
| macro-F1 (over the three scores) | {macro_f1:.3f} | {majority_macro_f1:.3f} |
| balanced accuracy | {balanced_accuracy:.3f} | {majority_balanced_accuracy:.3f} |

Confusion matrix (rows: simulated score, columns: score given):

| | 0 | 1 | 2 |
|---|---|---|---|
{confusion}

The simulated scores are settings of the simulation, not judgements of clinicians; how the model
fares on recordings of people was not measured on more than a handful. Rationales are learnt from
sentences written by rule; nothing yet checks what a generated sentence claims against the walk.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fresh", action="store_true", help=f"remove {RUN} and start over")
    parser.add_argument("--workers", type=int, default=2, help="processes that simulate")
    options = parser.parse_args()
    if options.fresh:
        shutil.rmtree(REPOSITORY / RUN, ignore_errors=True)
    for result, command in (("cohort/README.md", SIMULATE), ("corpus/corpus.json", BUILD)):
        words = [*command.split()[1:], "--workers", str(options.workers)]
        stage(result, ["-m", "agir_hf.cli", *words])
    for recipe, name in (
        ("train_vqvae", "vqvae"),
        ("sft_generative", "generative"),
        ("sft_reasoning", "reasoning"),
    ):
        script = [f"recipes/{recipe}.py", "--config", f"recipes/{name}/config_tiny.yaml"]
        stage(f"{name}/model.safetensors", script)
    results = RUN / "reasoning" / "results.json"
    models = ["--model", f"{RUN}/reasoning", "--corpus", f"{RUN}/corpus"]
    stage("reasoning/results.json", ["recipes/evaluate.py", *models, "--output", str(results)])
    export(REPOSITORY / RUN / "reasoning", ASSETS / "agir-tiny")


def stage(result: str, command: list[str]) -> None:
    """Run a stage unless its result is there."""
    if (REPOSITORY / RUN / result).exists():
        print(f"{RUN / result} is there: not made again")
        return
    print(f"python {' '.join(command)}", flush=True)
    subprocess.run([sys.executable, *command], cwd=REPOSITORY, check=True)


def export(source: Path, target: Path) -> None:
    """The trained model as it is embedded: without code files, for the package is the code."""
    from agir_hf import AgirForGaitAssessment, AgirProcessor

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
            content = without_auto_map(json.loads(path.read_text(encoding="utf-8")))
            path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    results = json.loads((source / "results.json").read_text(encoding="utf-8"))
    shutil.copy(source / "results.json", draft / "results.json")
    (draft / "README.md").write_text(card(results, model.num_parameters()), encoding="utf-8")
    size = (draft / "model.safetensors").stat().st_size
    if size > LARGEST_BYTES:
        raise SystemExit(f"the checkpoint has {size} bytes, expected at most {LARGEST_BYTES}")
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)
    print(f"embedded checkpoint: {target} ({size / 1e6:.1f} MB)")


def without_auto_map(content):
    """A JSON object without its ``auto_map`` entries, at any depth."""
    if isinstance(content, dict):
        return {k: without_auto_map(v) for k, v in content.items() if k != "auto_map"}
    return content


def card(results: dict, parameters: int) -> str:
    """The model card, with the figures of the test split."""
    rows = enumerate(results["confusion_matrix"])
    confusion = "\n".join(f"| **{k}** | " + " | ".join(map(str, row[:3])) + " |" for k, row in rows)
    return CARD.format(
        **{k: v for k, v in results.items() if k != "confusion_matrix"},
        parameters=parameters / 1e6,
        version=__version__,
        seed=SEED,
        subjects=SUBJECTS,
        walks_each=WALKS,
        confusion=confusion,
    )


if __name__ == "__main__":
    main()

"""The plan of a reproduction: steps in order, the right commands, and an estimate of its size."""

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("trl", reason="the settings of recipes are those of TRL")

from agir_hf.corpus.cohorts import Item, Source  # noqa: E402
from agir_hf.experiments.errors import ExperimentError  # noqa: E402
from agir_hf.experiments.reproduce_estimate import estimate, plan_text  # noqa: E402
from agir_hf.experiments.reproduce_plan import (  # noqa: E402
    ReproduceOptions,
    chosen_configs,
    make_plan,
)
from agir_hf.experiments.reproduce_steps import (  # noqa: E402
    COMPARISON,
    CORPUS,
    GENERATIVE,
    MODEL,
    MOTIONGPT,
    PREFERENCE,
    PROBE_TABLE,
    REASONING,
    REASONING_TABLE,
    TOKENIZER,
)
from agir_hf.experiments.shida_download import Download  # noqa: E402

PAGES = {COMPARISON: print, MODEL: print}


def download(walks: int = 883) -> Download:
    """A cohort of 25 subjects that needs no files."""
    items = tuple(
        Item(f"w{i}", f"SUB{i % 25:02d}", "s", "on", i % 3, Path("/walks/w.c3d"))
        for i in range(walks)
    )
    source = Source("shida", "walks of a test", False, "none", True, items)
    return Download(Path("/walks"), source, {}, (), walks * 9.0, "digest")


def plan_of(gpu: bool = False, **options):
    request = ReproduceOptions(Path("/walks"), Path("/out"), **options)
    return make_plan(request, download(), PAGES, gpu)


def value(command, option: str) -> str:
    """Value of the last occurrence of an option, as a parser takes it."""
    last = len(command) - 1 - command[::-1].index(option)
    return command[last + 1]


@pytest.fixture
def checkpoint(tmp_path) -> Path:
    path = tmp_path / "motiongpt.ckpt"
    path.write_bytes(b"weights")
    return path


def test_steps_come_after_those_they_use_and_write_different_files():
    plan = plan_of()
    names = [step.name for step in plan.steps]
    assert names[:5] == [CORPUS, TOKENIZER, GENERATIVE, REASONING, PREFERENCE]
    for step in plan.steps:
        assert set(step.inputs) <= set(names[: names.index(step.name)]), step.name
        assert bool(step.command) != bool(step.function)
    assert len({step.result for step in plan.steps}) == len(names) == len(set(names))


def test_each_training_starts_from_the_one_before():
    plan = plan_of(t5="flan-t5-small")
    assert value(plan.step(GENERATIVE).command, "--vqvae") == f"/out/{TOKENIZER}"
    assert value(plan.step(GENERATIVE).command, "--t5") == "flan-t5-small"
    assert value(plan.step(REASONING).command, "--model") == f"/out/{GENERATIVE}"
    assert value(plan.step(PREFERENCE).command, "--model") == f"/out/{REASONING}"
    for name in (TOKENIZER, GENERATIVE, REASONING, PREFERENCE):
        command = plan.step(name).command
        assert value(command, "--output_dir") == f"/out/{name}"
        assert value(command, "--resume_from_checkpoint") == "auto"
    for name in (GENERATIVE, REASONING, PREFERENCE):
        assert value(plan.step(name).command, "--training_data") == "walks of a test"


def test_motiongpt_replaces_the_tokenizer_and_starts_both_tables(checkpoint):
    plan = plan_of(motiongpt=checkpoint, t5="flan-t5-base")
    assert TOKENIZER not in [step.name for step in plan.steps]
    assert value(plan.step(MOTIONGPT).command, "--tokenizer") == "flan-t5-base"
    command = plan.step(GENERATIVE).command
    assert value(command, "--model") == f"/out/{MOTIONGPT}" and "--vqvae" not in command
    for name in (REASONING_TABLE, PROBE_TABLE):
        command = plan.step(name).command
        assert value(command, "--model") == f"/out/{MOTIONGPT}" and "--t5" not in command
        assert MOTIONGPT in plan.step(name).inputs


@pytest.mark.parametrize("configs", ["tiny", "flan_t5_base"])
def test_every_training_keeps_checkpoints_and_texts_are_chosen_by_cider(configs):
    from agir_hf.experiments.configurations import read_settings

    plan = plan_of(configs=configs)
    files = {TOKENIZER: "vqvae", GENERATIVE: "generative", REASONING: "generative_reasoning",
             PREFERENCE: "dpo"}  # fmt: skip
    for name, file in files.items():
        command = plan.step(name).command
        settings = read_settings(plan.configs / f"{file}.yaml")
        words = {w[2:]: v for w, v in zip(command[1::2], command[2::2], strict=True)}
        settings |= words
        assert settings["save_strategy"] != "no", name
        if name in (REASONING, PREFERENCE):
            assert settings["metric_for_best_model"] == "cider"
            assert str(settings["load_best_model_at_end"]).lower() == "true"
            assert settings["eval_strategy"] == settings["save_strategy"]


def test_device_precision_and_seed_reach_every_step():
    plan = plan_of(device="cuda:1", precision="bf16", seeds=(3, 4), configs="tiny", workers=5)
    for name in (TOKENIZER, GENERATIVE, REASONING, PREFERENCE):
        command = plan.step(name).command
        assert value(command, "--device") == "cuda:1" and value(command, "--seed") == "3"
        assert ("--bf16" in command) == (name != TOKENIZER)
    for name in ("calibrate_reasoning", "evaluate_dpo", REASONING_TABLE, PROBE_TABLE):
        command = plan.step(name).command
        assert value(command, "--device") == "cuda:1" and value(command, "--precision") == "bf16"
    command = plan.step(REASONING_TABLE).command
    assert command[command.index("--seeds") :][:3] == ("--seeds", "3", "4")
    assert value(command, "--workers") == "5" == value(plan.step(CORPUS).command, "--workers")
    assert "--workers" not in plan_of().step(REASONING_TABLE).command


def test_leaving_one_subject_out_is_passed_in_the_words_of_each_table():
    plan = plan_of(scheme="leave_one_subject_out")
    assert value(plan.step(REASONING_TABLE).command, "--scheme") == "leave-one-subject-out"
    assert value(plan.step(PROBE_TABLE).command, "--language-models-per") == "subject"


def test_a_smoke_run_is_short_and_from_scratch():
    plan = plan_of(smoke=True, configs="flan_t5_base")
    for name in (TOKENIZER, GENERATIVE, REASONING, PREFERENCE):
        assert int(value(plan.step(name).command, "--max_steps")) < 10
    assert value(plan.step(GENERATIVE).command, "--t5") == ""
    assert "--smoke" in plan.step(PROBE_TABLE).command


@pytest.mark.parametrize(
    ("options", "gpu", "expected"),
    [
        ({}, False, "tiny"),
        ({}, True, "flan_t5_base"),
        ({"t5": "t5-small"}, False, "flan_t5_base"),
        ({"motiongpt": Path("m.ckpt")}, False, "flan_t5_base"),
        ({"t5": "t5-small", "smoke": True}, True, "tiny"),
        ({"configs": "mine", "smoke": True}, True, "mine"),
    ],
)
def test_configurations_follow_the_other_options(options, gpu, expected):
    assert chosen_configs(ReproduceOptions(Path("a"), Path("b"), **options), gpu) == expected


def test_unknown_configurations_and_keys_are_named(tmp_path):
    with pytest.raises(ExperimentError, match="--configs is nowhere"):
        plan_of(configs="nowhere")
    import shutil

    source = plan_of().configs
    shutil.copytree(source, tmp_path / "mine")
    with (tmp_path / "mine/generative.yaml").open("a") as file:
        file.write("learning_rat: 1\n")
    with pytest.raises(ExperimentError, match="learning_rat"):
        plan_of(configs=str(tmp_path / "mine"))


def test_the_size_of_the_paper_takes_longer_and_more_space():
    tiny, paper = plan_of(), plan_of(configs="flan_t5_base", device="cuda", gpu=True)
    small, large = estimate(tiny, False), estimate(paper, True)
    assert "267" in large.basis and "TFLOP/s" in large.basis
    assert large.bytes_of_others() > 20e9 > 1e9 > small.disk_bytes[MODEL]
    on_cpu = estimate(replace(paper, options=replace(paper.options, device="cpu")), False)
    assert on_cpu.seconds[REASONING] > 20 * small.seconds[REASONING]
    folds = replace(paper, options=replace(paper.options, scheme="leave_one_subject_out"))
    ratio = estimate(folds, True).seconds[REASONING_TABLE] / large.seconds[REASONING_TABLE]
    assert 3 < ratio < 6  # 25 subjects, 5 folds


def test_the_printed_plan_marks_finished_steps():
    plan = plan_of()
    text = plan_text(plan, estimate(plan, False), {CORPUS})
    lines = text.splitlines()
    assert len(lines) == 1 + len(plan.steps)
    assert "finished" in lines[1] and "finished" not in lines[2]
    assert lines[0].startswith(f"{len(plan.steps) - 1} of {len(plan.steps)} steps to run: about ")

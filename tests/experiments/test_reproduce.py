"""Running the steps: markers, resume, interruption, refused changes, pages; a smoke run."""

import json
import re
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("trl", reason="the settings of recipes are those of TRL")

import agir_hf.experiments.reproduce as module  # noqa: E402
import agir_hf.experiments.reproduce_checks as checks  # noqa: E402
from agir_hf.cli import main  # noqa: E402
from agir_hf.corpus.cohorts import Item, Source  # noqa: E402
from agir_hf.evaluation.reporting.results import FoldResult, Prediction, Results, Row  # noqa: E402
from agir_hf.experiments.errors import ExperimentError  # noqa: E402
from agir_hf.experiments.reproduce import (  # noqa: E402
    last_line,
    marker,
    run_steps,
    unfinished,
)
from agir_hf.experiments.reproduce_pages import (  # noqa: E402
    FINAL_ROW,
    command_text,
    comparison_table,
    write_summary,
)
from agir_hf.experiments.reproduce_plan import ReproduceOptions, make_plan  # noqa: E402
from agir_hf.experiments.reproduce_steps import Step  # noqa: E402
from agir_hf.experiments.shida_download import Download  # noqa: E402


@pytest.fixture
def plan(tmp_path):
    """Plan of a small cohort that needs no files, with its real steps."""
    items = tuple(Item(f"w{i}", f"SUB{i:02d}", "s", "on", i % 3, Path("w.c3d")) for i in range(9))
    source = Source("shida", "walks of a test", True, "none", True, items)
    download = Download(tmp_path / "walks", source, {}, ("SUB10 is missing",), 90.0, "digest")
    options = ReproduceOptions(tmp_path / "walks", tmp_path / "out")
    return make_plan(options, download, {"comparison": print, "model": print}, gpu=False)


def with_steps(plan, calls: list[str], *failing: str, error: BaseException | None = None):
    """The plan with three steps that write a file each: second uses first, third uses second."""

    def writer(name: str):
        def write(plan) -> None:
            calls.append(name)
            if name in failing:
                raise error or ExperimentError(f"{name} failed")
            (plan.output / f"{name}.txt").write_text(name)

        return write

    names = ("first", "second", "third")
    steps = [
        Step(name, f"Write {name}", f"{name}.txt", f"file {name}", inputs, function=writer(name))
        for name, inputs in zip(names, ((), ("first",), ("second",)), strict=True)
    ]
    return replace(plan, steps=tuple(steps))


def test_a_failed_step_is_run_again_and_those_before_it_are_not(plan):
    calls: list[str] = []
    with pytest.raises(ExperimentError, match="second failed"):
        run_steps(with_steps(plan, calls, "second"))
    again = with_steps(plan, calls)
    assert [step.name for step in unfinished(again)] == ["second", "third"]
    run_steps(again)
    assert calls == ["first", "second", "second", "third"]
    assert not unfinished(again)
    run_steps(again)
    assert len(calls) == 4


def test_an_interrupted_step_has_no_marker_and_is_named(plan, capsys):
    calls: list[str] = []
    stopped = with_steps(plan, calls, "third", error=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run_steps(stopped)
    assert "stopped in step third: the same command continues there" in capsys.readouterr().out
    assert not marker(stopped, stopped.step("third")).exists()
    assert "Not finished: third" in (plan.output / "README.md").read_text()
    run_steps(with_steps(plan, calls))
    assert calls == ["first", "second", "third", "third"]


def test_a_result_that_was_deleted_is_made_again_with_all_that_use_it(plan):
    calls: list[str] = []
    steps = with_steps(plan, calls)
    run_steps(steps)
    (plan.output / "second.txt").unlink()
    run_steps(steps)
    assert calls == ["first", "second", "third", "second", "third"]


def test_a_step_without_its_result_is_an_error(plan):
    nothing = Step("nothing", "Write nothing", "nothing.txt", "", function=lambda plan: None)
    with pytest.raises(ExperimentError, match="ended without writing"):
        run_steps(replace(plan, steps=(nothing,)))


def test_a_step_that_the_corpus_does_not_allow_is_left_out_with_the_reason(plan, capsys):
    calls: list[str] = []
    steps = with_steps(plan, calls).steps
    second = replace(steps[1], obstacle=lambda plan: "too few walks")
    run_steps(replace(plan, steps=(steps[0], second, replace(steps[2], inputs=("first",)))))
    assert calls == ["first", "third"] and "too few walks" in capsys.readouterr().out
    assert "too few walks" in (plan.output / "README.md").read_text()
    assert not unfinished(replace(plan, steps=(steps[0], second)))


def test_an_error_of_a_page_is_one_line_that_names_the_step(plan):
    def fail(plan) -> None:
        raise RuntimeError("the disk\nis full")

    page = Step("page", "Write a page", "page.md", "", function=fail)
    with pytest.raises(ExperimentError, match=r"step page failed \(the disk is full\)"):
        run_steps(replace(plan, steps=(page,)))


def command_step(code: str) -> Step:
    return Step("command", "Run a command", "result.txt", "", command=("-c", code))


def test_a_command_runs_in_the_output_folder_and_loses_its_checkpoints(plan):
    code = "import os; os.makedirs('checkpoint-3'); open('result.txt', 'w').write('x'); print('ok')"
    run_steps(replace(plan, steps=(command_step(code),)))
    assert (plan.output / "result.txt").read_text() == "x"
    assert (plan.output / "logs/command.log").read_text() == "ok\n"
    assert not (plan.output / "checkpoint-3").exists()
    content = json.loads(marker(plan, command_step(code)).read_text())
    assert content["command"] == ["-c", code] and content["seconds"] >= 0


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import sys; print('x'); print('error: no rows', file=sys.stderr); sys.exit(2)",
         r"step command failed \(error: no rows\): .*command\.log"),
        (f"import os; os.kill(os.getpid(), {int(signal.SIGKILL)})",
         "was ended by SIGKILL, probably because the memory is used up"),
    ],
)  # fmt: skip
def test_a_failed_command_is_reported_with_the_last_line_of_its_log(plan, code, message):
    with pytest.raises(ExperimentError, match=message):
        run_steps(replace(plan, steps=(command_step(code),)))
    assert not marker(plan, command_step(code)).exists()


def test_the_last_line_is_that_of_a_progress_bar(tmp_path):
    log = tmp_path / "log"
    assert last_line(log) == ""
    log.write_bytes(b"start\n 10%|x\r\x1b[A 50%|xx\r\n\n")
    assert last_line(log) == "50%|xx"


@pytest.mark.parametrize(
    ("option", "value", "shown"),
    [
        ("t5", "flan-t5-small", "--t5 not set, now it is flan-t5-small"),
        ("smoke", True, "--smoke not set, now it is set"),
        ("seeds", (0, 1), "--seeds 0, now it is 0 1"),
        ("precision", "bf16", "--precision not set, now it is bf16"),
    ],
)
def test_a_changed_option_is_refused_with_what_changed(plan, option, value, shown):
    plan.output.mkdir()
    checks.lock_settings(plan)
    checks.check_settings(plan)
    options = replace(plan.options, device="cpu", workers=7)
    checks.check_settings(replace(plan, options=options))  # results do not depend on them
    with pytest.raises(ExperimentError, match=re.escape(shown)) as error:
        checks.check_settings(replace(plan, options=replace(options, **{option: value})))
    assert "pass the earlier value, or name another folder" in str(error.value)


def test_another_download_and_other_settings_files_are_refused(plan, tmp_path):
    plan.output.mkdir()
    checks.lock_settings(plan)
    with pytest.raises(ExperimentError, match="SHIDA_FOLDER digest, now it is other"):
        checks.check_settings(replace(plan, download=replace(plan.download, digest="other")))
    configs = shutil.copytree(plan.configs, tmp_path / plan.configs.name)
    checks.check_settings(replace(plan, configs=configs))
    with (configs / "dpo.yaml").open("a") as file:
        file.write("beta: 0.2\n")
    with pytest.raises(ExperimentError, match="--configs tiny "):
        checks.check_settings(replace(plan, configs=configs))


def test_a_t5_that_cannot_be_read_stops_before_the_first_step(plan, tmp_path):
    missing = str(tmp_path / "t5")
    for options in ({"t5": missing}, {"t5": missing, "motiongpt": tmp_path / "m.ckpt"}):
        with pytest.raises(ExperimentError, match="cannot be read") as error:
            checks.with_start(replace(plan.options, **options))
        assert missing in str(error.value) and "\n" not in str(error.value)
    checks.check_start_of_configs(plan)  # from scratch
    configs = shutil.copytree(plan.configs, tmp_path / "mine")
    with (configs / "generative.yaml").open("a") as file:
        file.write(f"t5: {missing}\n")
    with pytest.raises(ExperimentError, match="pass --t5 with the folder"):
        checks.check_start_of_configs(replace(plan, configs=configs))


def test_a_folder_with_other_files_and_a_full_disk_are_refused(plan, monkeypatch):
    plan.output.mkdir()
    checks.check_output(plan.output)
    (plan.output / "mine.txt").write_text("mine")
    with pytest.raises(ExperimentError, match="is not empty and was not written by"):
        checks.check_output(plan.output)
    (plan.output / checks.SETTINGS).write_text("{}")
    checks.check_output(plan.output)
    with pytest.raises(ExperimentError, match="is a file, expected a folder"):
        checks.check_output(plan.output / "mine.txt")
    checks.check_disk(plan, 1)
    with pytest.raises(ExperimentError, match="GB of free disk space, expected at least"):
        checks.check_disk(plan, 10**18)


def test_the_summary_names_every_result_and_no_folder_of_this_machine(plan):
    write_summary(plan, {"corpus": 3.0}, ["too few walks"], plan.step("vqvae"))
    text = (plan.output / "README.md").read_text()
    for step in plan.steps:
        assert step.title in text
    assert "[corpus](corpus)" in text and "`reasoning`" in text and "SUB10 is missing" in text
    assert "too few walks" in text
    assert "1 of 13 steps are finished. Not finished: vqvae" in text
    assert str(plan.output.parent) not in text and str(plan.recipes) not in text
    assert command_text(plan, plan.step("corpus")).startswith(
        "agir corpus build SHIDA_FOLDER OUT/corpus"
    )
    command = command_text(plan, plan.step("vqvae"))
    assert command.startswith("python RECIPES/train_vqvae.py --config CONFIGS/vqvae.yaml")


def results(paper: dict, kind: str = "linear-probe") -> Results:
    predictions = [Prediction(f"w{i}", f"S{i}", i % 3, i % 3, None, None) for i in range(6)]
    names = (f"{FINAL_ROW}, token embeddings", "majority class")
    rows = [Row(name, [FoldResult("all", 0, predictions)]) for name in names]
    return Results(kind, "A table", "walks", True, [0, 1, 2], ["0", "1", "2"], "one fold",
                   "agir", {}, {}, rows, paper)  # fmt: skip


def test_printed_figures_are_next_to_the_row_of_the_same_model_only():
    table = comparison_table(results({"AGIR, two stages": {"precision": 0.46, "f1": 0.58}}))
    assert table.header[-3:] == ["printed precision", "printed recall", "printed f1"]
    model, majority = table.lines
    assert model[-3:] == ["0.46", "", "0.58"] and majority[-3:] == ["", "", ""]
    without = comparison_table(results({}))
    assert not any("printed" in name for name in without.header)


def error_of(capsys, *words) -> str:
    """The one line on stderr of a command that fails."""
    assert main([str(word) for word in words]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("agir: ")]
    assert len(lines) == 1
    return lines[0]


def test_wrong_options_are_refused_before_anything_is_written(tmp_path, capsys):
    out = tmp_path / "out"
    words = ("reproduce", tmp_path, "-o", out)
    assert "--motiongpt is" in error_of(capsys, *words, "--motiongpt", tmp_path / "none.ckpt")
    (tmp_path / "mean.npy").write_bytes(b"x")
    assert "pass --motiongpt too" in error_of(capsys, *words, "--mean", tmp_path / "mean.npy")
    assert "--workers is 0" in error_of(capsys, *words, "--workers", 0)
    assert "expected different numbers" in error_of(capsys, *words, "--seeds", 1, 1)
    assert "holds no recording" in error_of(capsys, *words)
    assert not out.exists()


def test_real_files_are_validated_and_are_too_few(shared, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["reproduce", str(shared / "data/shida_pd"), "-o", str(out)]) == 2
    captured = capsys.readouterr()
    assert "2 walks" in captured.out and "subjects without recordings: SUB02, " in captured.out
    assert "agir: " in captured.err and "2 of 26 subjects" in captured.err
    assert not out.exists()


def stubbed_tables(plan):
    """The plan with tables that are written at once, in place of hours of trainings."""

    def write(kind: str, folder: str, paper: dict):
        return lambda plan: results(paper, kind).save(plan.output / "tables" / folder)

    printed = {"AGIR, two stages": {"precision": 0.46, "recall": 0.51, "f1": 0.58}}
    functions = {
        "reasoning_table": write("reasoning", "reasoning", {}),
        "linear_probe_table": write("linear-probe", "linear_probe", printed),
    }
    steps = [
        replace(step, command=(), function=functions[step.name]) if step.name in functions else step
        for step in plan.steps
    ]
    return replace(plan, steps=tuple(steps))


def test_the_folder_of_the_model_has_card_model_index_and_cross_validation(plan):
    from huggingface_hub import ModelCard

    from agir_hf import DEFAULT_MODEL
    from agir_hf.experiments.reproduce_pages import write_comparison, write_model

    shutil.copytree(DEFAULT_MODEL, plan.output / "reasoning")  # with its results.json
    steps = stubbed_tables(plan)
    for name in ("reasoning_table", "linear_probe_table"):
        steps.step(name).function(steps)
    write_comparison(plan)
    text = (plan.output / "comparison.md").read_text()
    assert "printed precision" in text and "0.58" in text and "Simulated walks" in text
    write_model(plan)
    folder = plan.output / "model"
    assert {"model.safetensors", "config.json", "handler.py"} <= {p.name for p in folder.iterdir()}
    card = ModelCard((folder / "README.md").read_text())
    assert {"accuracy", "f1"} <= {result.metric_type for result in card.data.eval_results}
    assert card.text.count("## Cross-validation") == 1 and FINAL_ROW in card.text


@pytest.mark.slow
def test_a_smoke_run_makes_model_card_and_pages(tmp_path, simulated, monkeypatch, capsys):
    """Every step but the trainings of the tables, which `tests/cli/test_evaluate.py` has."""
    from huggingface_hub import ModelCard

    from agir_hf.assessment import load_model

    make = module.make_plan
    monkeypatch.setattr(module, "make_plan", lambda *words: stubbed_tables(make(*words)))
    cohort, out = simulated.cohort(tmp_path / "cohort", subjects=8), tmp_path / "out"
    words = ["reproduce", str(cohort), "-o", str(out), "--smoke", "--fit", "centres"]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "13 of 13 steps to run: about " in printed and f"reproduction: {out}" in printed
    card = ModelCard((out / "model/README.md").read_text())
    metrics = {result.metric_type for result in card.data.eval_results}
    assert {"accuracy", "f1"} <= metrics and "simulated" in card.data.tags
    assert "## Cross-validation" in card.text
    model, _ = load_model(str(out / "model"), "cpu")
    assert "simulated" in model.config.training_data
    assert "validation walks, expected at least 20" in (out / "README.md").read_text()
    assert "0.58" in (out / "comparison.md").read_text()
    assert "finished. Not finished" not in (out / "README.md").read_text()
    assert main(words) == 0
    assert "0 of 13 steps to run" in capsys.readouterr().out
    assert "--smoke set, now it is not set" in error_of(capsys, *words[:4], *words[5:])

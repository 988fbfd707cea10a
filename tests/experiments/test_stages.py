"""Stages of an experiment: order, resumption, errors, and one run at a time."""

import json
import os
from pathlib import Path

import pytest

from agir_hf.experiments.stages import (
    Stage,
    StageError,
    exclusive_folder,
    run_stage,
    run_stages,
)

WRITE = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])"


def script(result: Path, content="done", after: Path | None = None):
    return Stage(result, ["-c", WRITE, str(result), content], after)


def run(stages, folder=None, number=1, on_finished=lambda stage: None):
    run_stages(stages, [None] * number, on_finished, folder)


def test_finished_stages_are_not_run_again(tmp_path):
    stages = [script(tmp_path / "a"), script(tmp_path / "b", "2", after=tmp_path / "a")]
    finished = []
    run(stages, number=2, on_finished=finished.append)
    assert finished == stages and all(stage.finished for stage in stages)
    assert stages[0].seconds > 0
    (tmp_path / "a").write_text("kept")
    (tmp_path / "b").unlink()
    (tmp_path / "checkpoint-3").mkdir()
    run(stages, number=2)
    assert (tmp_path / "a").read_text() == "kept" and (tmp_path / "b").read_text() == "2"
    assert not (tmp_path / "checkpoint-3").exists()


@pytest.mark.parametrize("moment", ["before the result", "after the result"])
def test_a_stage_that_was_killed_is_run_again(tmp_path, moment):
    result = tmp_path / "weights"
    kill = "import os, pathlib, signal, sys\n"
    if moment == "after the result":
        kill += "pathlib.Path(sys.argv[1]).write_text('half')\n"
    kill += "os.kill(os.getpid(), signal.SIGKILL)"
    with pytest.raises(StageError, match="ended with -9"):
        run([Stage(result, ["-c", kill, str(result)])])
    stage = script(result, "whole")
    assert not stage.finished and stage.seconds is None
    run([stage])
    assert result.read_text() == "whole" and stage.finished


def test_a_stage_that_is_run_again_and_fails_is_not_finished(tmp_path):
    stage = script(tmp_path / "a")
    run([stage])
    with pytest.raises(StageError):
        run_stage(["-c", "raise SystemExit(3)"], stage.result)
    assert stage.result.exists() and not stage.finished


def test_stages_run_in_parallel_after_those_they_need(tmp_path):
    wait_for_each_other = (
        "import pathlib, sys, time\n"
        "own, other, needed = map(pathlib.Path, sys.argv[1:4])\n"
        "assert needed.exists()\n"
        "own.with_suffix('.started').touch()\n"
        "end = time.monotonic() + 200\n"
        "while not other.with_suffix('.started').exists():\n"
        "    assert time.monotonic() < end, 'the other stage was not started'\n"
        "    time.sleep(0.01)\n"
        "own.touch()\n"
    )
    first, left, right = tmp_path / "first", tmp_path / "left", tmp_path / "right"
    both = [
        Stage(own, ["-c", wait_for_each_other, *map(str, (own, other, first))], first)
        for own, other in ((left, right), (right, left))
    ]
    run([script(first), *both], number=2)
    assert left.exists() and right.exists()


def test_every_device_runs_a_stage_and_is_named_to_its_script(tmp_path):
    meet = (
        "import pathlib, sys, time\n"
        "own, option, device = pathlib.Path(sys.argv[1]), *sys.argv[2:]\n"
        "(own.parent / device.replace(':', '_')).touch()\n"
        "while len(list(own.parent.glob('cuda_*'))) < 2: time.sleep(0.01)\n"
        "own.write_text(f'{option} {device}')\n"
    )
    results = [tmp_path / "left.txt", tmp_path / "right.txt"]
    stages = [Stage(result, ["-c", meet, str(result)]) for result in results]
    run_stages(stages, ["cuda:0", "cuda:1"], lambda stage: None)
    words = {result.read_text() for result in results}
    assert words == {"--device cuda:0", "--device cuda:1"}


def test_no_stage_starts_after_a_failure_and_the_error_names_the_log(tmp_path):
    bad = Stage(tmp_path / "model", ["-c", "raise SystemExit('error: no such thing')"])
    further = [script(tmp_path / "after", after=bad.result), script(tmp_path / "other")]
    with pytest.raises(StageError, match=r"ended with 1: error: no such thing \(.*model.log\)"):
        run([bad, *further])
    assert not (tmp_path / "after").exists() and not (tmp_path / "other").exists()
    nothing = Stage(tmp_path / "absent", ["-c", "print('finished')"])
    with pytest.raises(StageError, match="ended with 0: finished"):
        run([nothing])


def test_an_interrupt_stops_the_stages_that_run(tmp_path):
    endless = Stage(tmp_path / "never", ["-c", "import time; time.sleep(3600)"])

    def stop(stage):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([endless, script(tmp_path / "first"), script(tmp_path / "after")],
            number=2, on_finished=stop)  # fmt: skip
    assert (tmp_path / "first").exists() and not (tmp_path / "after").exists()
    assert not endless.finished
    run([script(tmp_path / "after")])  # stages run again


def test_stages_run_on_one_core_in_the_folder_that_is_named(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    code = (
        "import json, os, sys\njson.dump([os.getcwd(), dict(os.environ)], open(sys.argv[1], 'w'))"
    )
    result, before = tmp_path / "environment", dict(os.environ)
    run([Stage(result, ["-c", code, str(result)])], tmp_path / "elsewhere")
    folder, environment = json.loads(result.read_text())
    assert folder == str((tmp_path / "elsewhere").resolve())
    assert environment["OMP_NUM_THREADS"] == "1" and dict(os.environ) == before


def test_two_runs_do_not_use_a_folder_at_the_same_time(tmp_path):
    with exclusive_folder(tmp_path / "new"):
        again = exclusive_folder(tmp_path / "new")
        with pytest.raises(StageError, match="another run uses .*new: wait until it ends"):
            again.__enter__()
    with exclusive_folder(tmp_path / "new"):  # free again
        pass

"""Commands of Slurm that run jobs at once on this machine: `install`."""

import os
import sys
from pathlib import Path

_SBATCH = r"""#!{python}
import json, os, re, subprocess, sys
from pathlib import Path

folder = Path({folder!r})
*arguments, script = sys.argv[1:]
text = Path(script).read_text()
job = len(list(folder.glob("job-*.json"))) + 1
exported = dict(
    pair.split("=", 1)
    for argument in arguments if argument.startswith("--export=")
    for pair in argument.removeprefix("--export=").split(",") if "=" in pair
)
needed = re.search(r"--dependency=(\S+)", " ".join([*arguments, text]))
codes = []
if "FAKE_SLURM_RUNS_NOTHING" not in os.environ and (not needed or all(
    not any(json.loads((folder / f"job-{{number}}.json").read_text())["codes"])
    for number in re.findall(r"afterok:(\d+)", needed[1])
)):
    last = int(re.search(r"#SBATCH --array=0-(\d+)", text)[1])
    for task in range(last + 1):
        own = {{"SLURM_ARRAY_TASK_ID": str(task), "SLURM_JOB_ID": str(job), "SLURM_NODELIST": "n1"}}
        output = (folder / f"job-{{job}}-{{task}}.out").open("w")
        codes.append(subprocess.run(
            ["bash", script], env=os.environ | own | exported, stdout=output, stderr=output
        ).returncode)
state = {{"arguments": arguments, "script": text, "codes": codes}}
(folder / f"job-{{job}}.json").write_text(json.dumps(state))
print(f"Submitted batch job {{job}}")
"""
_SRUN = """#!/bin/bash
while [[ $1 == -* ]]; do [[ $1 == -n ]] && shift; shift; done
exec "$@"
"""
_SCONTROL = """#!/bin/bash
echo "${@: -1}"
"""


def install(folder: Path) -> str:
    """Write the commands `sbatch`, `srun` and `scontrol`, and return a PATH that begins with them.

    A job whose dependency failed is not run. `job-N.json` has what `sbatch` got, and the exit codes
    of the array; `job-N-TASK.out` has what a task printed.
    """
    commands = folder / "bin"
    commands.mkdir(parents=True)
    sbatch = _SBATCH.format(python=sys.executable, folder=str(folder))
    for name, text in (("sbatch", sbatch), ("srun", _SRUN), ("scontrol", _SCONTROL)):
        (commands / name).write_text(text)
        (commands / name).chmod(0o755)
    own = str(Path(sys.executable).parent)  # launch_pickled_pipeline, merge_stats
    return os.pathsep.join([str(commands), own, os.environ["PATH"]])

"""Many recordings on many machines: assessing and corpus building as `datatrove` pipelines.

The blocks are in the package, not in the recipes, because the machines of a cluster load a pickled
pipeline, which names its blocks by their import path. `recipes/cluster/README.md` has the commands.

- `recordings`: which recordings, in which order, and which task reads which of them.
- `plan`: the settings of a run, which every rerun must share.
- `shards`, `shard_block`: one Parquet file a task, written under a temporary name and moved into
  place.
- `assess_blocks`, `corpus_blocks`: the blocks of the two pipelines.
- `executors`, `local_executor`: this machine, Slurm or Ray.
"""

try:
    import datatrove  # noqa: F401
except ImportError as error:
    raise ImportError(
        'many machines need the package datatrove: pip install "agir-hf[cluster]"'
    ) from error

"""Training, evaluation and benchmark scripts with their YAML files.

In a clone of the repository they run as scripts, such as ``python recipes/evaluate.py --help``. In
an installed package the same files are in ``agir_hf/recipes``, where `agir_hf.experiments` finds
them.
"""

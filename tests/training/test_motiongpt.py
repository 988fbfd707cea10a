import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import (
    AutoModelForSeq2SeqLM,
    AutoProcessor,
    AutoTokenizer,
    T5Config,
    T5ForConditionalGeneration,
)

from agir_hf import (
    AgirConfig,
    AgirFeatureExtractor,
    AgirForGaitAssessment,
    AgirProcessor,
    MotionVQVAE,
    MotionVQVAEConfig,
)
from agir_hf.feature_extraction_agir import statistics_fingerprint
from agir_hf.training.conversion_report import t5_report
from agir_hf.training.motion_encoding import encode_motions
from agir_hf.training.motiongpt import convert_motiongpt

CODES = 16
MARKERS = 3


def load_helper():
    path = Path(__file__).parents[1] / "motiongpt_checkpoint.py"
    spec = importlib.util.spec_from_file_location("motiongpt_checkpoint", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


helper = load_helper()


@pytest.fixture(scope="module")
def statistics():
    generator = np.random.default_rng(0)
    return generator.normal(size=263), generator.uniform(0.5, 2, size=263)


@pytest.fixture(scope="module")
def small(t5_tokenizer):
    return helper.small_t5(len(t5_tokenizer) + CODES + MARKERS)


@pytest.fixture
def write(tmp_path, small, vqvae):
    """Function that writes a checkpoint; ``change`` edits its weights, ``others`` are added."""

    def write(change=lambda state: None, t5=small, prefix="vae.", **others):
        state = helper.motiongpt_state(t5, vqvae, prefix)
        change(state)
        torch.save({"state_dict": state, **others}, tmp_path / "motiongpt.ckpt")
        return tmp_path / "motiongpt.ckpt"

    return write


@pytest.fixture
def converted(write, t5_tokenizer, statistics):
    return convert_motiongpt(write(), t5_tokenizer, *statistics)


def assert_all_reported(report, state, model):
    used = [*report.copied, *report.resized]
    assert {row.source for row in used} | report.unused.keys() == set(state)
    assert not {row.source for row in used} & report.unused.keys()
    targets = [row.target for row in used if not row.target.startswith("feature_extractor.")]
    assert len(targets) == len(set(targets))
    assert set(targets) | report.new.keys() == model.state_dict().keys()
    assert not set(targets) & report.new.keys()


def assert_same_logits(model, t5, entries, codes=CODES):
    """For a text, and for motion tokens with their markers, as input and as output."""
    size = entries + codes + MARKERS
    generator = torch.Generator().manual_seed(5)
    texts = torch.randint(2, entries, (2, 7), generator=generator)
    motion = torch.arange(entries, size)[None]
    for inputs, targets in ((texts, texts), (motion, texts[:1]), (texts[:1], motion)):
        with torch.no_grad():
            ours = model(input_ids=inputs, labels=targets).logits[..., :size]
            theirs = t5(input_ids=inputs, labels=targets).logits[..., :size]
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("prefix", ["vae.", "motion_vae."])
@pytest.mark.parametrize("gated", [True, False], ids=["gated", "plain"])
@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
@pytest.mark.parametrize("padding", [0, 5])
def test_a_converted_checkpoint_gives_the_same_logits_and_codes(
    write, t5_tokenizer, statistics, vqvae, tied, gated, prefix, padding
):
    entries = len(t5_tokenizer)
    t5 = helper.small_t5(entries + CODES + MARKERS + padding, tied, gated)
    path = write(t5=t5, prefix=prefix)
    model, processor, report = convert_motiongpt(path, t5_tokenizer, *statistics)
    assert_same_logits(model, t5, entries)
    assert model.config.text_config.vocab_size == entries + CODES + MARKERS + 7
    assert len(processor.tokenizer) == entries + CODES + MARKERS + 7
    motion = torch.randn(1, 64, 263, generator=torch.Generator().manual_seed(0))
    assert torch.equal(model.vqvae.encode(motion), MotionVQVAE.from_motiongpt(path).encode(motion))
    assert_all_reported(report, helper.motiongpt_state(t5, vqvae, prefix), model)
    assert not report.unused


def test_the_vocabulary_of_flan_t5_becomes_32622_entries(shared, tmp_path):
    tokenizer = AutoTokenizer.from_pretrained(shared / "data/t5_tokenizer")
    torch.manual_seed(0)
    vqvae = MotionVQVAE(MotionVQVAEConfig(width=8, code_dim=4)).eval()
    t5 = helper.small_t5(32_615)
    torch.save({"state_dict": helper.motiongpt_state(t5, vqvae)}, tmp_path / "motiongpt.tar")
    folder = shared / "data/humanml3d_stats"
    files = folder / "motiongpt_mean.npy", folder / "motiongpt_std.npy"
    model, processor, _ = convert_motiongpt(tmp_path / "motiongpt.tar", tokenizer, *files)
    assert model.config.text_config.vocab_size == len(processor.tokenizer) == 32_622
    assert_same_logits(model, t5, 32_100, codes=512)
    assert processor.feature_extractor.mean == np.load(files[0]).astype(float).tolist()
    assert processor.feature_extractor.std == np.load(files[1]).astype(float).tolist()
    for token, token_id in (
        ("<motion_id_0>", 32_100),
        ("<motion_id_512>", model.config.motion_start_token_id),
        ("<motion_id_513>", model.config.motion_end_token_id),
        ("<motion_id_514>", model.config.motion_mask_token_id),
        ("<score_2>", model.config.score_token_ids[2]),
    ):
        assert processor.tokenizer.convert_tokens_to_ids(token) == token_id


def test_codes_of_the_reference_checkpoint(shared, tmp_path, t5_tokenizer, statistics):
    golden = torch.load(shared / "golden/motiongpt_vqvae_small.tar", weights_only=True)
    t5 = helper.small_t5(len(t5_tokenizer) + 128 + MARKERS)
    language = {f"lm.language_model.{k}": v for k, v in t5.state_dict().items()}
    torch.save({"state_dict": golden["state_dict"] | language}, tmp_path / "motiongpt.tar")
    model, _, _ = convert_motiongpt(tmp_path / "motiongpt.tar", t5_tokenizer, *statistics)
    expected = np.load(shared / "golden/motiongpt_vqvae_small_io.npz")
    codes = model.vqvae.encode(torch.tensor(expected["features"]))
    np.testing.assert_array_equal(codes.numpy(), expected["codes"])


def test_motion_tokens_are_matched_by_meaning(monkeypatch, write, small, t5_tokenizer, statistics):
    """If end and mask are swapped in our vocabulary, their rows are swapped too."""
    start = AgirConfig.motion_start_token_id.fget
    monkeypatch.setattr(AgirConfig, "motion_end_token_id", property(lambda c: start(c) + 2))
    monkeypatch.setattr(AgirConfig, "motion_mask_token_id", property(lambda c: start(c) + 1))
    model, _, _ = convert_motiongpt(write(), t5_tokenizer, *statistics)
    first, config = len(t5_tokenizer) + CODES, model.config
    for theirs, ours in (
        (first, config.motion_start_token_id),
        (first + 1, config.motion_end_token_id),
        (first + 2, config.motion_mask_token_id),
    ):
        assert torch.equal(model.model.shared.weight[ours], small.shared.weight[theirs])
        assert torch.equal(model.lm_head.weight[ours], small.lm_head.weight[theirs])


def test_answer_rows_have_mean_and_spread_of_the_old_rows(write, t5_tokenizer, statistics):
    """As in from_t5: if all old rows have the same value, so have the new rows."""
    t5 = helper.small_t5(len(t5_tokenizer) + CODES + MARKERS + 5)
    padding = slice(len(t5_tokenizer) + CODES + MARKERS, None)
    with torch.no_grad():
        for weight, value in ((t5.shared.weight, 2.5), (t5.lm_head.weight, -1.5)):
            weight[:, 0] = value
            weight[padding] = 1e6  # padding must not influence the new rows
    model, _, _ = convert_motiongpt(write(t5=t5), t5_tokenizer, *statistics)
    for weight, value in ((model.model.shared.weight, 2.5), (model.lm_head.weight, -1.5)):
        assert torch.allclose(weight[-7:, 0], torch.tensor(value))
        assert (weight[-7:, 1:].std(0) > 0).all() and weight[-7:].abs().max() < 10
        assert len(weight) == len(t5_tokenizer) + CODES + MARKERS + 7


def test_half_precision_becomes_float32(write, small, t5_tokenizer, statistics):
    def halve(state):
        state.update({k: v.half() for k, v in state.items() if k.startswith("lm.")})

    model, _, _ = convert_motiongpt(write(halve), t5_tokenizer, *statistics)
    assert {value.dtype for value in model.parameters()} == {torch.float32}
    assert torch.equal(model.lm_head.weight[:9], small.lm_head.weight[:9].half().float())


def test_the_configuration_states_what_shapes_do_not_show(write, t5_tokenizer, statistics):
    """A Flan-T5 whose head equals its embeddings, but which does not scale hidden states."""
    rows = len(t5_tokenizer) + CODES + MARKERS
    t5 = helper.small_t5(rows)
    t5.lm_head.weight = t5.shared.weight
    path = write(t5=t5)
    model, _, _ = convert_motiongpt(path, t5_tokenizer, *statistics, t5_config=t5.config)
    assert_same_logits(model, t5, len(t5_tokenizer))
    model, _, report = convert_motiongpt(path, t5_tokenizer, *statistics)
    with pytest.raises(AssertionError):
        assert_same_logits(model, t5, len(t5_tokenizer))
    assert "times d_model^-0.5" in str(report)


def test_every_entry_of_a_checkpoint_is_reported(write, vqvae, small, t5_tokenizer, statistics):
    extra = {
        "metrics.TM2TMetrics.t2m_textencoder.weight": torch.ones(2),
        "lm.language_model.strange.weight": torch.ones(2),
        "vae.quantizer.extra": torch.ones(2),
        "somewhere.else": torch.ones(2),
        "version": "1.0",
    }
    path = write(lambda state: state.update(extra), epoch=3, optimizer_states=[])
    model, _, report = convert_motiongpt(path, t5_tokenizer, *statistics)
    assert report.unused.keys() == {*extra, "epoch", "optimizer_states"}
    assert all(report.unused.values())
    assert all(name in str(report) for name in report.unused)
    state = helper.motiongpt_state(small, vqvae) | extra | {"epoch": 3, "optimizer_states": []}
    assert_all_reported(report, state, model)


def test_report_lists_resized_and_new_tensors(write, converted):
    _, _, report = converted
    assert {row.target for row in report.resized} == {
        "model.shared.weight",
        "model.encoder.embed_tokens.weight",
        "model.decoder.embed_tokens.weight",
        "lm_head.weight",
    }
    assert all("rows, 7 of them new" in row.note for row in report.resized)
    assert report.new.keys() == {
        f"vqvae.quantizer.{name}" for name in ("code_sum", "code_count", "initialised")
    }
    text = str(report)
    assert f"copied: {len(report.copied)} tensors" in text and "resized: 4 tensors" in text
    assert "new in the model: 3" in text and "not used of the checkpoint: 0" in text


def test_long_reports_count_the_names_that_are_not_shown(write, t5_tokenizer, statistics):
    extra = {f"metrics.{i}": torch.ones(1) for i in range(100)}
    path = write(lambda state: state.update(extra))
    report = convert_motiongpt(path, t5_tokenizer, *statistics)[2]
    assert report.unused.keys() == extra.keys()
    assert "100 of MotionGPT's metrics and losses: metrics.0, " in str(report)
    assert "and 88 more" in str(report)


def test_statistics_in_the_checkpoint_are_used(write, t5_tokenizer, statistics):
    mean, std = (torch.tensor(values) for values in statistics)
    path = write(mean=mean, std=std)
    _, processor, report = convert_motiongpt(path, t5_tokenizer)
    assert processor.feature_extractor.mean == statistics[0].tolist()
    assert processor.feature_extractor.std == statistics[1].tolist()
    assert {"mean", "std"} <= {row.source for row in report.copied}
    with pytest.raises(ValueError, match="mean is not the mean in the checkpoint"):
        convert_motiongpt(path, t5_tokenizer, statistics[0] + 0.1, statistics[1])


def test_round_trip_through_a_folder(tmp_path, converted, motions):
    model, processor, _ = converted
    model.save_pretrained(tmp_path / "model")
    processor.save_pretrained(tmp_path / "model")
    loaded = AutoModelForSeq2SeqLM.from_pretrained(tmp_path / "model")
    loaded_processor = AutoProcessor.from_pretrained(tmp_path / "model")
    loaded_processor.feature_extractor.check_model(loaded)
    for name, value in model.state_dict().items():
        assert torch.equal(value, loaded.state_dict()[name]), name
    expected, inputs = processor(motion=motions), loaded_processor(motion=motions)
    assert all(torch.equal(expected[name], inputs[name]) for name in expected)
    outputs = loaded.generate_assessment(**inputs, max_new_tokens=8)
    assert len(loaded_processor.decode_assessments(outputs)) == 2
    assert "no gait scores" in loaded.config.training_data


def without(name):
    return lambda state: state.pop(name)


def reshaped(name, *shape):
    return lambda state: state.update({name: torch.zeros(shape)})


LM = "lm.language_model."
Q = f"{LM}decoder.block.1.layer.0.SelfAttention.q.weight"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without(Q), "lacks tensors.*decoder.block.1.layer.0.SelfAttention.q.weight"),
        (without(f"{LM}shared.weight"), "lacks tensors.*shared.weight"),
        (without(f"{LM}lm_head.weight"), "lacks tensors.*lm_head.weight"),
        (without("vae.decoder.model.6.bias"), "lacks weights.*decoder.output_conv.bias"),
        (reshaped(Q, 5, 24), r"decoder.block.1.*has shape \(5, 24\), expected \(32, 24\)"),
        (reshaped(f"{LM}shared.weight", 9), r"shared.weight has shape \(9,\), expected a matrix"),
        (reshaped("vae.decoder.model.6.bias", 5), "wrong shapes.*decoder.output_conv.bias"),
        (reshaped(f"{LM}encoder.embed_tokens.weight", 130, 24), "embed_tokens.weight has shape"),
        (
            lambda state: state[f"{LM}lm_head.weight"].fill_(torch.nan),
            "NaN or infinity in lm.language_model.lm_head.weight",
        ),
        (
            lambda state: state.update({"motion_vae.quantizer.codebook": torch.zeros(16, 8)}),
            "quantizer.codebook as 'vae.' and as 'motion_vae.'",
        ),
        (
            lambda state: [state.pop(name) for name in list(state) if name.startswith(LM)],
            "no key that starts with 'lm.language_model.'",
        ),
    ],
)
def test_wrong_weights_raise_with_their_names(write, t5_tokenizer, statistics, change, message):
    with pytest.raises(ValueError, match=message):
        convert_motiongpt(write(change), t5_tokenizer, *statistics)


def test_separate_embeddings_of_the_encoder_raise(write, t5_tokenizer, statistics, small):
    name = f"{LM}encoder.embed_tokens.weight"
    path = write(lambda state: state.update({name: small.shared.weight + 1}))
    with pytest.raises(ValueError, match="encoder.embed_tokens.weight is not .*shared.weight"):
        convert_motiongpt(path, t5_tokenizer, *statistics)


def test_a_converted_model_can_have_more_scores(write, t5_tokenizer, statistics):
    model, processor, _ = convert_motiongpt(write(), t5_tokenizer, *statistics, num_scores=4)
    assert model.config.num_scores == processor.num_scores == 4
    processor.check_model(model)


@pytest.mark.parametrize("rows", [-1, 128])
def test_a_tokenizer_of_another_model_raises(write, t5_tokenizer, statistics, rows):
    expected = len(t5_tokenizer) + CODES + MARKERS
    path = write(t5=helper.small_t5(expected + rows))
    with pytest.raises(ValueError, match=f"has {expected + rows} rows.*expected {expected}"):
        convert_motiongpt(path, t5_tokenizer, *statistics)


def test_a_configuration_of_another_size_raises(write, t5_tokenizer, statistics):
    with pytest.raises(ValueError, match="t5_config has d_model 512, .* has 24"):
        convert_motiongpt(write(), t5_tokenizer, *statistics, t5_config=T5Config())


@pytest.mark.parametrize(
    ("mean", "std", "message"),
    [
        (None, np.ones(263), "has no mean.*pass mean and std"),
        (np.zeros(263), None, "has no std"),
        (np.zeros(251), np.ones(251), r"mean has shape \(251,\), expected \(263,\)"),
        (np.full(263, np.nan), np.ones(263), "expected .* finite"),
        (np.zeros(263), np.zeros(263), "std has entries of zero or less"),
        ("absent.npy", np.ones(263), "no such file: absent.npy"),
        ("text.npy", np.ones(263), "text.npy cannot be read as an .npy file"),
        ("objects.npy", np.ones(263), "objects.npy cannot be read as an .npy file"),
    ],
)
def test_wrong_statistics_raise(write, t5_tokenizer, mean, std, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("text.npy").write_text("0 1 2")
    np.save("objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        convert_motiongpt(write(), t5_tokenizer, mean, std)


class Payload:
    """Unpickling it would write a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_files_that_are_not_checkpoints_raise(tmp_path, write, t5_tokenizer, statistics):
    torch.save({"state_dict": Payload(tmp_path / "owned")}, tmp_path / "evil.ckpt")
    whole = write().read_bytes()
    (tmp_path / "cut.ckpt").write_bytes(whole[: len(whole) // 2])
    torch.save([torch.ones(1)], tmp_path / "list.ckpt")
    for name, message in (
        ("evil.ckpt", "cannot be read as plain weights"),
        ("cut.ckpt", "cannot be read as plain weights"),
        ("list.ckpt", "has no state_dict"),
    ):
        with pytest.raises(ValueError, match=f"{name} {message}"):
            convert_motiongpt(tmp_path / name, t5_tokenizer, *statistics)
    assert not (tmp_path / "owned").exists()
    with pytest.raises(FileNotFoundError, match="no such checkpoint"):
        convert_motiongpt(tmp_path / "absent.ckpt", t5_tokenizer, *statistics)
    with pytest.raises(ValueError, match="has no readable tokenizer"):
        convert_motiongpt(write(), tmp_path, *statistics)


@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
@pytest.mark.parametrize("as_folder", [True, False], ids=["folder", "model"])
def test_every_tensor_of_a_t5_is_reported(tmp_path, t5_tokenizer, vqvae, tied, as_folder):
    t5 = helper.small_t5(len(t5_tokenizer) + 4, tied)
    t5.save_pretrained(tmp_path)
    if as_folder:
        t5_tokenizer.save_pretrained(tmp_path)
        model = AgirForGaitAssessment.from_t5(tmp_path, vqvae)
        report = t5_report(tmp_path, model)
        from safetensors import safe_open

        with safe_open(tmp_path / "model.safetensors", "pt") as file:
            names = set(file.keys())
    else:
        model = AgirForGaitAssessment.from_t5(t5, vqvae, t5_tokenizer)
        report, names = t5_report(t5, model), set(t5.state_dict())
    assert_all_reported(report, names, model)
    assert len(report.resized) == 4 and not report.unused
    assert all(name.startswith("vqvae.") for name in report.new)
    assert ("times d_model^-0.5" in str(report)) == tied
    rows = f"{len(t5_tokenizer) + 4:,} → {len(t5_tokenizer) + 26:,} rows, 22 of them new"
    assert rows in str(report)


def test_tensors_that_transformers_ignores_are_reported(tmp_path, t5_tokenizer, vqvae):
    t5 = helper.small_t5(len(t5_tokenizer))
    t5.save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    old = "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"
    torch.save({**t5.state_dict(), old: torch.ones(32, 4)}, tmp_path / "pytorch_model.bin")
    loaded = T5ForConditionalGeneration.from_pretrained(tmp_path)
    model = AgirForGaitAssessment.from_t5(loaded, vqvae, t5_tokenizer)
    assert t5_report(tmp_path, model).unused == {old: "not used in this model"}


def test_a_report_on_changed_weights_raises(t5_tokenizer, vqvae, small, model):
    t5 = helper.small_t5(len(t5_tokenizer))
    changed = AgirForGaitAssessment.from_t5(t5, vqvae, t5_tokenizer)
    name = "decoder.block.0.layer.0.SelfAttention.q.weight"
    changed.model.get_parameter(name).data.add_(1e-3)
    with pytest.raises(ValueError, match=f"model.{name} of the model is not"):
        t5_report(t5, changed)


def test_statistics_of_another_model_raise(converted, statistics, rows):
    model, processor, _ = converted
    processor.feature_extractor.check_model(model)
    mean, std = statistics
    other = AgirProcessor(AgirFeatureExtractor(mean, std * 25), processor.tokenizer)
    for target in (model, model.config, model.vqvae, model.vqvae.config):
        with pytest.raises(ValueError, match="the model was (made|trained) with"):
            other.feature_extractor.check_model(target)
    with pytest.raises(ValueError, match="the model was (made|trained) with"):
        encode_motions(rows, model.vqvae, other.feature_extractor)
    assert encode_motions(rows, model.vqvae, processor.feature_extractor).num_rows == rows.num_rows


def test_other_statistics_in_the_folder_of_a_model_raise(tmp_path, converted, statistics):
    model, processor, _ = converted
    mean, std = statistics
    model.save_pretrained(tmp_path)
    AgirProcessor(AgirFeatureExtractor(mean + 0.03, std), processor.tokenizer).save_pretrained(
        tmp_path
    )
    for kind in (AgirProcessor, AutoProcessor, AgirFeatureExtractor):
        with pytest.raises(ValueError, match="the model was (made|trained) with"):
            kind.from_pretrained(tmp_path)
    model.config.vqvae_config.statistics_fingerprint = None
    model.save_pretrained(tmp_path)
    AutoProcessor.from_pretrained(tmp_path)


def test_a_model_without_a_fingerprint_is_not_checked(model, processor, vqvae):
    assert model.config.vqvae_config.statistics_fingerprint is None
    processor.feature_extractor.check_model(model)
    AgirFeatureExtractor().check_model(vqvae)


def test_a_fingerprint_depends_on_float32_values(statistics):
    mean, std = statistics
    fingerprint = statistics_fingerprint(mean, std)
    assert len(fingerprint) == 16 and int(fingerprint, 16) >= 0
    assert fingerprint == statistics_fingerprint(mean.astype(np.float32), std.tolist())
    assert fingerprint != statistics_fingerprint(std, mean)
    assert fingerprint != statistics_fingerprint(mean, std * 1.0001)
    assert statistics_fingerprint(np.zeros(2), np.ones(2)) == "d25b949c65312b91"

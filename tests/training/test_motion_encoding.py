import copy

import numpy as np
import pytest
import torch
from datasets import Dataset, config

from agir_hf import AgirFeatureExtractor, MotionVQVAE
from agir_hf.corpus.loading import require_columns
from agir_hf.training.motion_encoding import encode_motions, encode_phases, tokenizer_fingerprint


def test_every_phase_has_the_codes_of_the_motion_from_its_first_frame(rows, spread, processor):
    extractor = processor.feature_extractor
    for row, source in zip(encode_motions(rows, spread, extractor), rows, strict=True):
        values = torch.tensor(extractor.normalize(source["motion"]))
        expected = [spread.encode(values[None, start:])[0].tolist() for start in range(4)]
        assert row["codes"] == expected
        assert len({str(codes) for codes in row["codes"]}) == 4
    assert len({code for codes in row["codes"] for code in codes}) > 8


def test_motions_are_replaced_by_codes_and_other_columns_stay(rows, coded):
    kept = [name for name in rows.column_names if name != "motion"]
    assert coded.column_names == [*kept, "codes", "length"]
    plain = rows.with_format(None)
    assert all(coded[name][:] == plain[name][:] for name in kept)


@pytest.mark.parametrize("column", ["rationale", "description", "chosen"])
def test_length_counts_codes_and_words(rows, vqvae, processor, column):
    some = rows.select([0, 7]).select_columns(["id", "motion", "rationale"])
    some = some if column == "rationale" else some.rename_column("rationale", column)
    made = encode_motions(some, vqvae, processor.feature_extractor)
    expected = [64 // 4 + len(some[0][column].split()), 92 // 4 + len(some[1][column].split())]
    assert made["length"][:] == expected


def test_rows_without_a_text_have_the_length_of_their_codes(rows, vqvae, processor):
    made = encode_motions(rows.select_columns(["id", "motion"]), vqvae, processor.feature_extractor)
    assert made["length"][:] == [16 + i for i in range(16)]


def test_a_phase_shorter_than_a_code_has_no_codes(vqvae, processor, motions):
    short, long = encode_phases([motions[0][:6], motions[1]], vqvae, processor.feature_extractor)
    assert [len(codes) for codes in short] == [1, 1, 1, 0]
    assert [len(codes) for codes in long] == [16, 16, 16, 15]


def test_a_long_motion_is_cut_with_a_warning(caplog, rows, spread, processor):
    extractor = AgirFeatureExtractor(
        processor.feature_extractor.mean, processor.feature_extractor.std, max_frames=80
    )
    made = encode_motions(rows, spread, extractor)
    values = torch.tensor(extractor.normalize(rows[15]["motion"]))
    for start, codes in enumerate(made[15]["codes"]):
        assert codes == spread.encode(values[None, start : start + 80])[0].tolist()
    warnings = [record.getMessage() for record in caplog.records if "longer than" in record.message]
    assert warnings == [
        "11 of 16 motions are longer than 80 frames (4 s): only their first 80 frames are used"
    ]
    encode_motions(rows.select(range(5)), spread, extractor)
    assert len(warnings) == sum("longer than" in record.message for record in caplog.records)


def test_encoding_changes_neither_weights_nor_mode_of_a_tokenizer_in_training(
    rows, vqvae, processor
):
    tokenizer = copy.deepcopy(vqvae).train()
    encode_motions(rows.select([0]), tokenizer, processor.feature_extractor)
    assert tokenizer.training
    for name, value in vqvae.state_dict().items():
        assert torch.equal(tokenizer.state_dict()[name], value), name


def change_encoder(vqvae, extractor):
    with torch.no_grad():
        vqvae.encoder.input_conv.weight[0, 0, 0] += 1e-3


def change_codebook(vqvae, extractor):
    vqvae.quantizer.codebook[3, 2] += 1e-3


def change_statistics(vqvae, extractor):
    extractor.mean[5] += 1e-3


def change_max_frames(vqvae, extractor):
    extractor.max_frames = 40


def change_decoder(vqvae, extractor):
    with torch.no_grad():
        vqvae.decoder.input_conv.weight += 1


def change_counts(vqvae, extractor):
    vqvae.quantizer.code_count += 1


def copies(vqvae, extractor):
    return copy.deepcopy(vqvae), AgirFeatureExtractor(extractor.mean, extractor.std)


@pytest.mark.parametrize(
    "change", [change_encoder, change_codebook, change_statistics, change_max_frames]
)
def test_changes_that_affect_codes_change_the_fingerprint(vqvae, processor, change):
    own = tokenizer_fingerprint(vqvae, processor.feature_extractor)
    other = copies(vqvae, processor.feature_extractor)
    assert tokenizer_fingerprint(*other) == own and len(own) == 16
    change(*other)
    assert tokenizer_fingerprint(*other) != own


@pytest.mark.parametrize("change", [change_decoder, change_counts])
def test_changes_that_do_not_affect_codes_keep_the_fingerprint(vqvae, processor, change):
    other = copies(vqvae, processor.feature_extractor)
    change(*other)
    own = tokenizer_fingerprint(vqvae, processor.feature_extractor)
    assert tokenizer_fingerprint(*other) == own


@pytest.fixture
def encoded(monkeypatch):
    """List with an entry for each motion that was encoded."""
    counted, encode = [], MotionVQVAE.encode

    def counting(self, values, mask=None):
        counted.extend([0] * len(values))
        return encode(self, values, mask)

    monkeypatch.setattr(MotionVQVAE, "encode", counting)
    return counted


def test_motions_are_encoded_once_for_each_corpus_and_tokenizer(
    tmp_path, monkeypatch, rows, vqvae, processor, encoded
):
    monkeypatch.setattr(config, "HF_DATASETS_CACHE", tmp_path / "cache")

    def read(count):
        path = tmp_path / f"{count}.parquet"
        if not path.exists():
            rows.select(range(count)).to_parquet(str(path))
        return Dataset.from_parquet(str(path), cache_dir=str(tmp_path / "cache"))

    extractor = processor.feature_extractor
    first = encode_motions(read(3), vqvae, extractor)
    assert len(encoded) == 3 * 4
    assert encode_motions(read(3), copy.deepcopy(vqvae), extractor)["codes"][:] == first["codes"][:]
    assert len(encoded) == 3 * 4
    last = encode_motions(read(3).select([2]), vqvae, extractor)
    assert last["codes"][0] == first["codes"][2]
    encoded.clear()
    other = copies(vqvae, extractor)
    other[0].quantizer.codebook.copy_(vqvae.quantizer.codebook.flip(0))
    flipped = encode_motions(read(3), *other)
    assert len(encoded) == 3 * 4
    assert np.all(np.add(flipped["codes"][0][0], first["codes"][0][0]) == 15)


def test_statistics_of_another_tokenizer_raise(rows, vqvae, processor):
    other = copy.deepcopy(vqvae)
    other.config.statistics_fingerprint = "0" * 16
    with pytest.raises(ValueError, match="the model was (made|trained) with 0000"):
        encode_motions(rows, other, processor.feature_extractor)


def test_rows_without_motions_raise_with_the_existing_columns(coded, vqvae, processor):
    with pytest.raises(
        ValueError, match="rows lack motion, they have id, .*codes.*: pass a corpus"
    ):
        encode_motions(coded, vqvae, processor.feature_extractor)
    require_columns(coded, ("id", "codes"))
    with pytest.raises(ValueError, match="rows lack foot, arm, they have"):
        require_columns(coded, ("id", "foot", "arm"))

"""Nothing of a T5 is dropped without a word."""

from agir_hf import AgirForGaitAssessment
from agir_hf.training.load_report import t5_report


def test_every_tensor_of_a_t5_and_of_the_model_is_accounted_for(t5, vqvae, t5_tokenizer):
    model = AgirForGaitAssessment.from_t5(t5, vqvae, t5_tokenizer)
    report = t5_report(t5, model)
    sources = [row.source for row in [*report.taken, *report.resized]]
    assert sorted(sources) == sorted(t5.state_dict())
    targets = {row.target for row in [*report.taken, *report.resized]} | set(report.new)
    assert targets == set(model.state_dict())
    assert {row.source for row in report.resized} == {
        "shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight",
        "lm_head.weight",
    }  # fmt: skip
    added = model.config.text_config.vocab_size - t5.config.vocab_size
    assert f"{added} new ones" in str(report) and all("vqvae" in name for name in report.new)

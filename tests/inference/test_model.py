"""The model in numpy gives the answers of the model in torch."""

import numpy as np
import pytest
import torch
from transformers import T5Config, T5Model

from agir_hf.inference.layers import multiply
from agir_hf.inference.model import NumpyAgir
from agir_hf.inference.sampling import GumbelNoise
from agir_hf.inference.settings import T5Settings
from agir_hf.inference.t5 import Decoder, Encoder, kept_order, relative_buckets
from agir_hf.inference.weights import Weights

PROBABILITIES = ("probabilities", "token_probabilities", "probe_probabilities")


@pytest.fixture(scope="module")
def walks(sample_joints):
    """The sample walk, a part of it, and the sample walk at another pace."""
    return [sample_joints, sample_joints[:49], sample_joints[::2]]


def answers(pair, motions, **options):
    model, processor = pair
    output = model.generate_assessment(**processor(motion=motions), **options)
    return output, processor.decode_assessments(output)


def assert_equal(pairs, motions, **options):
    (expected, texts), (output, own_texts) = (answers(p, motions, **options) for p in pairs)
    assert np.array_equal(output.sequences, expected.sequences.numpy())
    assert (output.candidates is None) == (expected.candidates is None)
    if expected.candidates is not None:
        assert np.array_equal(output.candidates, expected.candidates.numpy())
    for name in PROBABILITIES:
        own, other = getattr(output, name), getattr(expected, name)
        assert (own is None) == (other is None)
        if own is not None:
            np.testing.assert_allclose(own, other.numpy(), atol=1e-5, rtol=0)
    for assessment, text in zip(own_texts, texts, strict=True):
        assert (assessment.reasoning, assessment.candidates) == (text.reasoning, text.candidates)
        assert (assessment.score, assessment.uncertain) == (text.score, text.uncertain)


@pytest.mark.parametrize(
    "options",
    [
        {},  # twelve sampled rationales, three of the mirror image
        {"num_rationales": 1},  # greedy
        {"num_rationales": 3, "max_new_tokens": 12},  # texts that are cut
        {"num_rationales": 2, "max_new_tokens": 7},  # the shortest answer
    ],
)
def test_answers_to_several_walks_are_those_of_torch(embedded, walks, options):
    assert_equal(embedded, walks, **options)


@pytest.mark.parametrize("options", [{}, {"num_rationales": 4, "max_new_tokens": 30}])
def test_answers_of_an_untrained_model_are_those_of_torch(untrained, motions, options):
    assert_equal(untrained, motions, **options)


def test_an_answer_does_not_depend_on_the_batch(embedded, walks):
    _, pair = embedded
    together, _ = answers(pair, walks, num_rationales=3)
    for i, walk in enumerate(walks):
        alone, _ = answers(pair, [walk], num_rationales=3)
        length = alone.candidates.shape[-1]
        assert np.array_equal(together.candidates[i, :, :length], alone.candidates[0])


def test_codes_and_reconstructions_are_those_of_torch(embedded, walks):
    (model, processor), (numpy_model, _) = embedded
    inputs = processor(motion=walks)
    codes = model.vqvae.encode(inputs["motion_values"], inputs["motion_attention_mask"])
    decoded = model.vqvae.decode(codes).detach().numpy()
    rows = zip(
        inputs["motion_values"].numpy(), inputs["motion_attention_mask"].sum(1).tolist(),
        codes.tolist(), decoded, strict=True,
    )  # fmt: skip
    for values, length, expected, reconstructed in rows:
        own = numpy_model.vqvae.encode(values[:length])
        assert own.tolist() == [code for code in expected if code >= 0]
        np.testing.assert_allclose(
            numpy_model.vqvae.decode(own), reconstructed[:length], atol=1e-4, rtol=0
        )


class FileOfTensors:
    """Weights of a module in place of a safetensors file."""

    def __init__(self, module):
        self._weights = module.state_dict()

    def get_slice(self, name):
        tensor = self._weights[name]

        class Entry:
            get_shape = staticmethod(lambda: list(tensor.shape))
            get_dtype = staticmethod(lambda: "F32")

        return Entry

    def get_tensor(self, name):
        return self._weights[name].numpy()


@pytest.mark.parametrize("activation", ["relu", "gated-gelu", "gated-relu"])
def test_encoder_and_decoder_are_those_of_transformers(activation):
    sizes = {"vocab_size": 40, "d_model": 24, "d_kv": 8, "d_ff": 20, "num_layers": 2,
             "num_decoder_layers": 3, "num_heads": 2, "feed_forward_proj": activation,
             "relative_attention_max_distance": 20}  # fmt: skip
    torch.manual_seed(0)
    t5 = T5Model(T5Config(**sizes, decoder_start_token_id=0)).eval()
    for weight in t5.parameters():  # norms other than one
        weight.data += 0.1 * torch.randn_like(weight)
    settings, weights = T5Settings(**sizes), Weights(FileOfTensors(t5))
    embeddings = weights("shared.weight", 40, 24)
    encoder = Encoder(weights.part("encoder"), settings, embeddings)
    decoder = Decoder(weights.part("decoder"), settings, embeddings)
    ids = np.random.default_rng(0).integers(40, size=45)
    written = np.random.default_rng(1).integers(40, size=(2, 30))
    written[:, 0] = 0
    with torch.no_grad():
        expected = t5(
            input_ids=torch.from_numpy(np.stack([ids, ids])),
            decoder_input_ids=torch.from_numpy(written),
        )
    encoded = encoder(ids)
    np.testing.assert_allclose(
        encoded, expected.encoder_last_hidden_state[0].numpy(), atol=1e-4, rtol=1e-4
    )
    state = decoder.start([encoded], [2], 30)
    steps = [decoder(written[:, i], state) * decoder.final[:, 0] for i in range(30)]
    np.testing.assert_allclose(
        np.stack(steps, axis=1), expected.last_hidden_state.numpy(), atol=1e-4, rtol=1e-4
    )


@pytest.mark.parametrize("both_sides", [True, False])
def test_buckets_are_those_of_transformers(both_sides):
    from transformers.models.t5.modeling_t5 import T5Attention

    distances = np.arange(-300, 300)
    expected = T5Attention._relative_position_bucket(torch.from_numpy(distances), both_sides)
    settings = T5Settings(d_model=8, num_heads=1)
    assert relative_buckets(distances, settings, both_sides).tolist() == expected.tolist()


def test_noise_is_that_of_torch():
    seeds, size = (7, 2**32 - 1), 1000
    noise = GumbelNoise(seeds, size)
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    ids = np.array([3, 999, 0])
    for _ in range(3):
        uniform = torch.stack([torch.rand(size, generator=g) for g in generators])
        expected = -(-uniform.clamp(min=1e-20).log()).log()
        np.testing.assert_allclose(noise.draw(ids), expected[:, ids].numpy(), rtol=1e-5)
    noise.keep(np.array([1]))
    uniform = torch.rand(size, generator=generators[1])
    np.testing.assert_allclose(noise.draw(ids)[0], -(-uniform.log()).log()[ids].numpy(), rtol=1e-5)


def test_the_last_rows_fill_the_gaps():
    kept = np.array([True, False, True, False, True, True])
    assert kept_order(kept).tolist() == [0, 4, 2, 5]
    assert kept_order(np.array([False, True])).tolist() == [1]
    assert kept_order(np.array([True, False])).tolist() == [0]


@pytest.mark.parametrize("shape", [(3, 20, 7), (15, 384, 500), (40, 384, 500)])
def test_products_in_parts_are_whole_products(shape):
    rows, inputs, outputs = shape
    generator = np.random.default_rng(0)
    x = generator.normal(size=(rows, inputs)).astype(np.float32)
    matrix = generator.normal(size=(inputs, outputs)).astype(np.float32)
    np.testing.assert_allclose(multiply(x, matrix), x @ matrix, atol=1e-4)


def test_inputs_that_do_not_belong_together_are_refused(embedded, walks):
    _, (model, processor) = embedded
    inputs = processor(motion=walks[:1])
    with pytest.raises(ValueError, match="other statistics"):
        model.generate_assessment(**inputs | {"motion_statistics": np.array([1])})
    shorter = {"motion_attention_mask": inputs["motion_attention_mask"] * (np.arange(116) < 80)}
    with pytest.raises(ValueError, match="positions for 29 motion codes, its motion has 20"):
        model.generate_assessment(**inputs | shorter)
    with pytest.raises(ValueError, match="num_rationales is 0"):
        model.generate_assessment(**inputs, num_rationales=0)
    with pytest.raises(ValueError, match="max_new_tokens is 6"):
        model.generate_assessment(**inputs, max_new_tokens=6)
    assert NumpyAgir.device == "cpu"

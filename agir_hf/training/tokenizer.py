"""A small T5 vocabulary, for models that are trained from scratch."""

import io
import string
from collections.abc import Iterable

from transformers import T5Tokenizer

_CHARACTERS = "".join(sorted(set(string.printable) - set(string.whitespace)))


def train_t5_tokenizer(texts: Iterable[str], vocabulary_size: int = 800) -> T5Tokenizer:
    """A Unigram T5 tokenizer of the texts; every printable ASCII character has an entry.

    Digits are entries of their own, and the same texts give the same entries.

    Args:
        texts: training texts.
        vocabulary_size: entries at most, ``<pad>``, ``</s>`` and ``<unk>`` included.

    Raises:
        ImportError: if sentencepiece is not installed.
    """
    try:
        import sentencepiece
    except ImportError as error:
        raise ImportError(
            'a vocabulary of our own needs sentencepiece: pip install "agir-hf[train]"'
        ) from error
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sorted(set(texts))),
        model_writer=model,
        model_type="unigram",
        vocab_size=vocabulary_size,
        hard_vocab_limit=False,
        required_chars=_CHARACTERS,
        character_coverage=1.0,
        split_digits=True,
        normalization_rule_name="identity",
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        num_threads=1,
        minloglevel=2,
    )
    pieces = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    entries = [(pieces.id_to_piece(i), pieces.get_score(i)) for i in range(len(pieces))]
    return T5Tokenizer(vocab=entries, extra_ids=0)

"""A small T5 vocabulary, for models that are trained from scratch."""

import re
import string
from collections import Counter
from collections.abc import Iterable
from math import log

from transformers import T5Tokenizer

_CHARACTERS = sorted(set(string.printable) - set(string.whitespace))
_SPACE = "▁"  # SentencePiece's mark for the space before a word
_PIECE = re.compile(rf"{_SPACE}?[A-Za-z]+|{_SPACE}?\d+\.\d+|{_SPACE}?[^A-Za-z{_SPACE}]|{_SPACE}")
# low, so that a word of the vocabulary is not split into characters
_CHARACTER_LOG_PROBABILITY = -20.0


def train_t5_tokenizer(texts: Iterable[str], vocabulary_size: int = 800) -> T5Tokenizer:
    """Make a T5 tokenizer whose entries are the words of the texts and every ASCII character.

    Words, decimal numbers, digits and punctuation marks are entries together with the space before
    them, weighted by their frequency; unknown words are split into characters. A decimal number is
    one entry, so that its point is not read as the end of a sentence. The same texts always give
    the same entries.

    Args:
        texts: Training texts.
        vocabulary_size: Maximum number of entries, including ``<pad>``, ``</s>``, ``<unk>`` and
            the characters (about one hundred in total); the least frequent words are left out.

    Returns:
        The tokenizer.
    """
    counts = Counter()
    for text in texts:
        counts.update(_PIECE.findall(_SPACE + _SPACE.join(text.split())))
    single = [_SPACE, *_CHARACTERS]
    num_words = max(vocabulary_size - len(single) - 3, 0)
    ordered = sorted(counts, key=lambda piece: (-counts[piece], piece))
    words = [piece for piece in ordered if piece not in set(single)][:num_words]
    total = max(counts.total(), 1)
    entries = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    entries += [(piece, log(counts[piece] / total)) for piece in words]
    entries += [(piece, _CHARACTER_LOG_PROBABILITY) for piece in single]
    return T5Tokenizer(vocab=entries, extra_ids=0)

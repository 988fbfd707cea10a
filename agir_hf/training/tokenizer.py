"""A small T5 vocabulary, for models that are trained from scratch."""

import re
import string
from collections import Counter
from collections.abc import Iterable
from math import log

from transformers import T5Tokenizer

_CHARACTERS = sorted(set(string.printable) - set(string.whitespace))
_SPACE = "▁"  # as T5 writes the blank before a word
_PIECE = re.compile(rf"{_SPACE}?[A-Za-z]+|{_SPACE}?\d+\.\d+|{_SPACE}?[^A-Za-z{_SPACE}]|{_SPACE}")
_RARE = -20.0  # log-probability of a letter by itself: words win where they are known


def train_t5_tokenizer(texts: Iterable[str], vocabulary_size: int = 800) -> T5Tokenizer:
    """A T5 tokenizer whose entries are the words of the texts, and every ASCII character.

    Words, decimals, digits and marks are entries with the blank before them, weighted by how often
    they occur; words that are not known are spelt. A decimal is one entry, so that its point is not
    the end of a sentence. The same texts give the same entries.

    Args:
        texts: training texts.
        vocabulary_size: entries at most, ``<pad>``, ``</s>``, ``<unk>`` and the characters (some
            hundred in all) included; the rarest words go first.
    """
    counts = Counter()
    for text in texts:
        counts.update(_PIECE.findall(_SPACE + _SPACE.join(text.split())))
    single = [_SPACE, *_CHARACTERS]
    room = max(vocabulary_size - len(single) - 3, 0)
    ordered = sorted(counts, key=lambda piece: (-counts[piece], piece))
    words = [piece for piece in ordered if piece not in set(single)][:room]
    total = max(counts.total(), 1)
    entries = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    entries += [(piece, log(counts[piece] / total)) for piece in words]
    entries += [(piece, _RARE) for piece in single]
    return T5Tokenizer(vocab=entries, extra_ids=0)

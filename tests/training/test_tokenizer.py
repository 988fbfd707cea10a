import string

from agir_hf.training.tokenizer import train_t5_tokenizer

TEXTS = ["The walker takes short steps of about 0.24 m.", "Arm swing is normal on both sides."]


def test_decoding_gives_the_text_and_no_character_is_unknown(tmp_path):
    tokenizer = train_t5_tokenizer(TEXTS, 120)
    for text in [*TEXTS, "Speed 1.3 m/s (quick!)", string.ascii_letters + string.digits]:
        ids = tokenizer(text).input_ids
        assert tokenizer.unk_token_id not in ids
        assert tokenizer.decode(ids, skip_special_tokens=True) == text
    tokenizer.save_pretrained(tmp_path)
    loaded = type(tokenizer).from_pretrained(tmp_path)
    assert loaded(TEXTS).input_ids == tokenizer(TEXTS).input_ids


def test_the_same_texts_give_the_same_tokenizer():
    first, second = train_t5_tokenizer(TEXTS, 120), train_t5_tokenizer(TEXTS[::-1], 120)
    assert first.get_vocab() == second.get_vocab()

"""What a tokenizer of transformers makes of texts, for golden cases."""

from transformers import AutoTokenizer


def values(folder, texts, kind=None):
    """Of each text: ids, ids with what is put around a text, and both ways of decoding. kind: the class that transformers has to choose."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert kind is None or type(tokenizer).__name__ == kind, type(tokenizer)
    found = []
    for label, text in texts.items():
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        decode = lambda skip: tokenizer.decode(ids, skip_special_tokens=skip, clean_up_tokenization_spaces=False)
        framed = tokenizer(text, add_special_tokens=True)["input_ids"]
        found.append({"label": label, "text": text, "ids": ids, "framed": framed, "decoded": decode(False), "plain": decode(True)})
    return found

"""Files that belong to a model beside its config and weights, and that exports copy. As src/engine/formats/files/companions.ts."""

import re

_LICENCE = re.compile(r"^([a-z0-9]+[_-])*(licen[cs]e|notices?|use[_-]policy|copying)([._-].*)?$", re.IGNORECASE)
_CODE = re.compile(r"\.(py\w*|so|dll|dylib|exe|sh|bat|cmd|ps1|m?js|wasm|pkl|pickle|pth?|bin|ckpt|zip|tar|gz)$", re.IGNORECASE)
_TOKENIZER = re.compile(
    r"^(tokenizer(_config)?\.json|tokenizer\.model(\.v\d+)?|special_tokens_map\.json|added_tokens\.json|vocab\.(json|txt)"
    r"|merges\.txt|tekken\.json|(spiece|sentencepiece\.bpe)\.model)$",
    re.IGNORECASE,
)
_GENERATION = re.compile(r"^(generation_config\.json|chat_template\.(jinja|json))$", re.IGNORECASE)


def is_companion(name: str) -> bool:
    """Whether a file is of the tokenizer, for chats and generation, or a licence; only known names, and no code."""
    licence = _LICENCE.match(name) and not _CODE.search(name)
    return bool(licence or _TOKENIZER.match(name) or _GENERATION.match(name))

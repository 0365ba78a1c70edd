// Files that belong to a model beside its config and weights: one list for what is fetched, and for what an export copies.

/** Fetched and read, but not copied into an export, which has a card of its own. */
export const CARD_FILE = "README.md";

const LICENCE = /^([a-z0-9]+[_-])*(licen[cs]e|notices?|use[_-]policy|copying)([._-].*)?$/i;
/** Files that a program may run or unpickle, whatever they are called. */
const CODE = /\.(py\w*|so|dll|dylib|exe|sh|bat|cmd|ps1|m?js|wasm|pkl|pickle|pth?|bin|ckpt|zip|tar|gz)$/i;
const TOKENIZER =
  /^(tokenizer(_config)?\.json|tokenizer\.model(\.v\d+)?|special_tokens_map\.json|added_tokens\.json|vocab\.(json|txt)|merges\.txt|tekken\.json|(spiece|sentencepiece\.bpe)\.model)$/i;
const GENERATION = /^(generation_config\.json|chat_template\.(jinja|json))$/i;

/** Whether a file states a licence or a notice. */
export const isLicence = (name: string): boolean => LICENCE.test(name) && !CODE.test(name);

/** Whether an export gets a copy of a file: of the tokenizer, for chats and generation, or a licence; only known names, and no code. */
export const isCompanion = (name: string): boolean => TOKENIZER.test(name) || GENERATION.test(name) || isLicence(name);

/** The usual names of these files, for servers that cannot list their folders. */
export const USUAL_COMPANIONS = [
  ...["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"],
  ...["vocab.json", "merges.txt", "vocab.txt", "tokenizer.model", "tekken.json"],
  ...["generation_config.json", "chat_template.jinja", "chat_template.json"],
  ...["LICENSE", "LICENSE.txt", "LICENSE.md", "NOTICE", "USE_POLICY.md"],
];

// The names that tensors are stored under: with the prefixes of wrappers, or without the one of the base class, as transformers resolves them.
import type { ModelConfig } from "../config/config.ts";
import { FAMILIES } from "../config/families/families.ts";
import { modelTensors } from "../config/tensors.ts";
import { fusedNames } from "../formats/safetensors/fused.ts";
import { readError } from "../formats/files/readError.ts";

/** Parts of names that wrappers add: torch.compile, DataParallel and DDP, FSDP, checkpointing of activations. */
const WRAPPERS = new Set(["_orig_mod", "module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"]);
/** The base model within the class with a head, in all families: base_model_prefix of transformers. */
const BASE = "model.";

interface StoredNames {
  /** The family's name of each tensor that is stored under another one. */
  renamed: ReadonlyMap<string, string>;
  /** A full sentence, if names were changed. */
  note?: string;
}

/**
 * Finds the family's name of every stored tensor. Of a tied head without its embedding, the head is the embedding.
 * Throws "format" if two stored tensors would get the same name.
 */
export function storedNames(config: ModelConfig, file: string, stored: readonly string[]): StoredNames {
  const { names } = FAMILIES[config.family];
  const [head, embedding] = [`${names.head}.weight`, `${names.embedding}.weight`];
  const expected = new Set([...modelTensors(config).map(({ name }) => name), ...fusedNames(config), head]);
  const owners = new Map<string, string>();
  for (const name of stored) {
    const found = familyName(name, expected);
    const other = owners.get(found);
    if (other !== undefined) {
      throw readError({
        file,
        field: `tensor '${name}'`,
        expected: `one tensor for ${found}`,
        got: `'${other}' as well`,
        advice: "Remove the copy that is not the model's, or save the model again.",
      });
    }
    owners.set(found, name);
  }
  const changed = [...owners].filter(([found, name]) => found !== name);
  const twin = config.tiedHead && !owners.has(embedding) ? owners.get(head) : undefined;
  const renamed = new Map(changed.map(([found, name]) => [name, found]));
  if (twin !== undefined) renamed.set(twin, embedding);
  const [first] = changed;
  if (!first) return { renamed };
  const [found, name] = first;
  const note = `${file}: ${changed.length} of ${stored.length} tensors have names of the base class or of a wrapper, such as '${name}'. They are read as '${found}' and so on, and exports use these names.`;
  return { renamed, note };
}

/** The name without wrappers, and with or without the prefix of the base class, whichever the family has. */
function familyName(stored: string, expected: ReadonlySet<string>): string {
  if (expected.has(stored)) return stored;
  const parts = stored.split(".");
  const bare = parts.filter((part) => !WRAPPERS.has(part)).join(".");
  if (expected.has(bare)) return bare;
  if (bare.startsWith(BASE) && expected.has(bare.slice(BASE.length))) return bare.slice(BASE.length);
  return expected.has(BASE + bare) ? BASE + bare : bare;
}

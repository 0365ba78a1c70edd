// Resolves what the files of a model leave open or contradict, as transformers does, into a folder whose files agree. Exports start from that folder.
import { type ModelConfig, readConfigWithNotes } from "../config/config.ts";
import { type FloatDtype, isFloatDtype } from "../dtype.ts";
import { type Folder, readJson } from "../formats/files/folder.ts";
import { separated } from "../formats/safetensors/fused.ts";
import { jsonSource, renamedWeights, withFiles } from "../formats/safetensors/renamed.ts";
import { openWeights, type Weights } from "../formats/safetensors/safetensors.ts";
import { adapterNotes, refuseAdapter, refuseForeignTensors } from "./foreignWeights.ts";
import { storedNames } from "./storedNames.ts";
import { tieIsWrong } from "./tiedHead.ts";
import { checkBlocks } from "./weights.ts";

type Json = Record<string, unknown>;

interface ResolvedFiles {
  /** The same folder if its files agree. Otherwise its config.json, or the names of its tensors, are what transformers would take them for. */
  folder: Folder;
  config: ModelConfig;
  weights: Weights;
  /** What was resolved, and what has no effect: full sentences. */
  notes: readonly string[];
  /** The fields of config.json that contradict the weights. */
  contradictions: readonly string[];
}

/**
 * Opens config.json and the weights of a folder, and resolves: tensors under the names of the base class or of a wrapper; a tied head
 * stored without its embedding, or with other values (it is not tied then); a dtype that the weights do not have; an id of padding outside
 * the vocabulary. Throws "config", "unsupported" and "format" for what cannot be opened: adapters and quantised weights among others.
 */
export async function resolveFiles(original: Folder): Promise<ResolvedFiles> {
  await refuseAdapter(original);
  const raw = await readJson(await original.open("config.json"));
  const { config, notes } = readConfigWithNotes(raw);
  const stored = await openWeights(original);
  refuseForeignTensors(stored);
  checkBlocks(config, stored);
  const { renamed, note } = storedNames(config, stored.file, stored.names);
  const named = await separated(renamed.size === 0 ? original : await renamedWeights(original, renamed), config);
  const weights = named === original ? stored : await openWeights(named);
  const changes = await contradictions(raw as Json, config, weights);
  const all = [...notes, ...(note === undefined ? [] : [note]), ...changes.notes, ...adapterNotes(original)];
  const fields = Object.keys(changes.fields);
  if (fields.length === 0) return { folder: named, config, weights, notes: all, contradictions: fields };
  const json = { ...(raw as Json), ...changes.fields };
  const folder = withFiles(named, new Map([["config.json", async () => jsonSource("config.json", json)]]));
  return { folder, config: readConfigWithNotes(json).config, weights, notes: all, contradictions: fields };
}

/** Fields of config.json to change, and why. */
interface Changes {
  fields: Json;
  notes: string[];
}

/** The fields of a config.json that contradict the weights, which are under the family's names. */
export async function contradictingFields(raw: Json, config: ModelConfig, weights: Weights): Promise<string[]> {
  return Object.keys((await contradictions(raw, config, weights)).fields);
}

async function contradictions(raw: Json, config: ModelConfig, weights: Weights): Promise<Changes> {
  const { fields, notes } = dtypeChanges(raw, weights);
  if (await tieIsWrong(config, weights)) {
    fields.tie_word_embeddings = false;
    notes.push(
      `config.json: tie_word_embeddings: expected false, got true: ${weights.file} has a head of its own that differs from the embedding. The stored head is used, as in transformers 5, and exports have tie_word_embeddings false.`,
    );
  }
  const pad = raw.pad_token_id;
  // transformers counts a negative id from the end, and stops at one beyond the vocabulary.
  if (typeof pad === "number" && (pad >= config.vocab || pad < -config.vocab)) fields.pad_token_id = null;
  return { fields, notes };
}

/** The dtypes of PyTorch that have every value of a stored dtype. */
const EXACT: Record<FloatDtype, readonly string[]> = {
  F32: ["float32", "float64"],
  F16: ["float16", "float32", "float64"],
  BF16: ["bfloat16", "float32", "float64"],
};

/** A dtype in config.json that would round the stored weights: transformers converts to it as it loads. */
function dtypeChanges(raw: Json, { names, info }: Weights): Changes {
  const stored = new Set(names.map((name) => info(name).dtype).filter(isFloatDtype));
  const fits = (declared: unknown): boolean => [...stored].some((dtype) => EXACT[dtype].includes(String(declared)));
  const keys = ["dtype", "torch_dtype"].filter((key) => raw[key] !== undefined && raw[key] !== null && !fits(raw[key]));
  const [first] = stored.has("F32") ? (["F32"] as const) : stored;
  if (keys.length === 0 || first === undefined) return { fields: {}, notes: [] };
  const exact = EXACT[first][0];
  const note = (key: string): string =>
    `config.json: ${key}: expected ${exact}, the type of the stored weights, got ${JSON.stringify(raw[key])}. Espalier computes with the values as they are stored, and exports have ${exact}. transformers would convert the weights to the type in config.json, unless it is given another.`;
  return { fields: Object.fromEntries(keys.map((key) => [key, exact])), notes: keys.map(note) };
}

// A checkpoint of a recovery: everything that it needs to continue as if it had not stopped, as the bytes of a safetensors file.
import { invariant } from "../errors.ts";
import { parseJson } from "../formats/files/folder.ts";
import { collectBytes, memorySource } from "../formats/files/memoryFolder.ts";
import { readSafetensors, writeSafetensors } from "../formats/safetensors/safetensors.ts";
import { readRecoverRecipe } from "../formats/receipt/recoveryReceipt.ts";
import { JsonField } from "../json/jsonFields.ts";
import type { RecoverRecipe } from "../recipes/recoverRecipe.ts";
import { checkTrained, checkUndamaged, readStep, withChecksum } from "../train/checkpointFields.ts";
import type { GuardRecord } from "./guard.ts";

interface RecoverCheckpoint {
  recipe: RecoverRecipe;
  /** Steps done. */
  step: number;
  /** Which pruned model and training text it belongs to. */
  subject: string;
  /** Tokens of a window of the guard, before a short text shortens it. Missing in checkpoints of older versions. */
  context?: number;
  guard?: GuardRecord;
  /** The trained tensors one after the other, AdamW's two moments, and the best weights so far. */
  theta: Float32Array<ArrayBuffer>;
  m: Float32Array<ArrayBuffer>;
  v: Float32Array<ArrayBuffer>;
  best: Float32Array<ArrayBuffer>;
}

const FORMAT = "espalier-recovery-checkpoint-1";
const TENSORS = ["theta", "m", "v", "best"] as const;

/** The checkpoint as the bytes of a safetensors file. */
export async function encodeRecovery(checkpoint: RecoverCheckpoint): Promise<Uint8Array<ArrayBuffer>> {
  const { recipe, step, subject, context, guard } = checkpoint;
  const streams = TENSORS.map((name) => {
    const values = checkpoint[name];
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return { name, dtype: "F32" as const, shape: [values.length], chunks: () => [bytes] };
  });
  const state = JSON.stringify({ recipe, step, context, ...(guard ? { guard } : {}) });
  const tensors = TENSORS.map((name) => checkpoint[name]);
  return collectBytes(
    writeSafetensors(streams, await withChecksum({ metadata: { format: FORMAT, state, subject }, tensors })),
  );
}

const START_ANEW = "Start a new recovery.";

/** Reads the bytes of `encodeRecovery`. Throws "format" if they are something else or damaged, and "config" for a recipe out of bounds. */
export async function decodeRecovery(bytes: Uint8Array<ArrayBuffer>): Promise<RecoverCheckpoint> {
  const file = await readSafetensors(memorySource("checkpoint", bytes));
  const { format, state, subject } = file.metadata;
  invariant(
    format === FORMAT && state !== undefined && subject !== undefined,
    "format",
    `checkpoint: format: expected ${FORMAT}, got ${format ?? "nothing"}. It is from another program or version; start a new recovery.`,
  );
  const json = parseJson(state, "checkpoint", { field: "state", advice: START_ANEW });
  const field = new JsonField(json, "checkpoint", "state", START_ANEW);
  const recipe = readRecoverRecipe(field.get("recipe"));
  const step = readStep(field.get("step"), recipe.steps);
  const [context, guard] = [field.get("context"), field.get("guard")];
  const [theta, m, v, best] = await Promise.all(TENSORS.map((name) => file.readFloat32(name)));
  invariant(theta && m && v && best, "bug", "expected four tensors");
  checkTrained({ theta, m, v, best }, START_ANEW);
  const contents = { metadata: file.metadata, tensors: [theta, m, v, best] };
  await checkUndamaged(contents, ["format", "state", "subject"], START_ANEW);
  return {
    ...{ recipe, step, subject },
    ...(context.value === undefined ? {} : { context: context.number({ min: 1, whole: true }) }),
    ...(guard.value === undefined ? {} : { guard: readGuard(guard, step) }),
    ...{ theta, m, v, best },
  };
}

function readGuard(field: JsonField, step: number): GuardRecord {
  const perplexity = (name: string): number => field.get(name).number({ min: 1 });
  return {
    before: perplexity("before"),
    best: perplexity("best"),
    bestStep: field.get("bestStep").count(step),
    last: perplexity("last"),
    lastStep: field.get("lastStep").count(step),
    tokens: field.get("tokens").count(),
  };
}

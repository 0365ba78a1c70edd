// Small finished runs for tests: one block of 4 dimensions with an MLP of 8.
import { DEFAULT_WEIGHT_RECIPE } from "../../recipes/weightRecipe.ts";
import { DEFAULT_RECIPE } from "../../recipes/recipe.ts";
import { packBits } from "../files/bitset.ts";
import { packHistory, type RunHistory, type RunReading } from "./runHistory.ts";
import { RUN_FORMAT, type Run, type RunRecord } from "./runRecord.ts";

const SIZES = [4, 4, 4, 8, 4];
const SHA = "ab".repeat(32);

function recordOf(id: string, patch: Partial<RunRecord>): RunRecord {
  return {
    format: RUN_FORMAT,
    id,
    name: `run ${id}`,
    finished: "2026-11-24T10:00:00.000Z",
    adapter: "test",
    model: { name: "tiny", modelType: "llama", fingerprint: "f1" },
    made: { kind: "disp", recipe: DEFAULT_RECIPE, steps: 600 },
    calibration: { name: "sotu-train.txt", sha256: SHA },
    perplexity: {
      text: { name: "sotu-held.txt", sha256: SHA },
      context: 16,
      tokens: 4096,
      beginToken: false,
      dense: 20,
      pruned: 27,
    },
    kept: { blockWeights: { kept: 72, of: 144 }, modelWeights: { kept: 124, of: 196 }, bytes: 248 },
    msPerToken: null,
    ...patch,
  };
}

/** A run of gates that keeps `kept` gates of every vector. */
export function gateRun(id: string, patch: Partial<RunRecord> = {}, kept = 2): Run {
  const masks = SIZES.map((size) => packBits(Uint8Array.from({ length: size }, (_, i) => (i < kept ? 1 : 0))));
  return { record: recordOf(id, patch), masks: { kind: "gates", sizes: SIZES, masks } };
}

/** A run of single weights in one matrix that keeps every second weight. */
export function weightRun(id: string, patch: Partial<RunRecord> = {}): Run {
  const mask = packBits(Uint8Array.from([1, 0, 1, 0, 1, 0, 1, 0]));
  const matrices = [{ name: "model.layers.0.mlp.up_proj.weight", shape: [2, 4] as const, mask }];
  const made = { kind: "weights", recipe: DEFAULT_WEIGHT_RECIPE } as const;
  return { record: recordOf(id, { made, ...patch }), masks: { kind: "weights", matrices } };
}

/** The history of a run for one half whose loss falls from 4 by 0.5 per step, with one reading at its end. */
export function historyOf(steps: number): RunHistory {
  const step = Float32Array.from({ length: steps }, (_, i) => i);
  const half = step.map(() => 0.5);
  const columns = { step, loss: step.map((i) => 4 - 0.5 * i), penalty: half, kept: half, target: half, count: steps };
  const text = { name: "sotu-held.txt", sha256: SHA };
  const reading: RunReading = {
    step: steps,
    ratio: 0.5,
    value: 27,
    text,
    context: 16,
    tokens: 4096,
    beginToken: false,
  };
  const packed = packHistory(columns, [reading]);
  if (!packed) throw new Error(`expected at least one step, got ${steps}`);
  return packed;
}

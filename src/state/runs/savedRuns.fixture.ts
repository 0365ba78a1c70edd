// For tests: small finished runs of the scripted client's model.
import { DEFAULT_RECIPE, DEFAULT_WEIGHT_RECIPE, packHistory, RUN_FORMAT } from "../../engine/index.ts";
import type { Run, RunHistory, RunRecord } from "../../engine/index.ts";
import { perplexityAt } from "../client.fixture.ts";

const TEXT = { name: "sotu-held.txt", sha256: "ab".repeat(32) };

function recordOf(id: string, patch: Partial<RunRecord>): RunRecord {
  return {
    ...{ format: RUN_FORMAT, id, name: `run ${id}`, finished: "2026-11-24T10:00:00.000Z", adapter: "test" },
    model: { name: "tiny", modelType: "llama", fingerprint: "f" },
    made: { kind: "disp", recipe: DEFAULT_RECIPE, steps: 600 },
    calibration: { ...TEXT, name: "sotu-train.txt" },
    perplexity: { text: TEXT, context: 16, tokens: 2048, beginToken: false, dense: 20, pruned: 27 },
    kept: { blockWeights: { kept: 72, of: 144 }, modelWeights: { kept: 124, of: 196 }, bytes: 248 },
    msPerToken: null,
    ...patch,
  };
}

/** A training. mask: base64 of its only vector, of 4 gates. */
export function gatesRun(id: string, patch: Partial<RunRecord> = {}, mask = "AQ=="): Run {
  return { record: recordOf(id, patch), masks: { kind: "gates", sizes: [4], masks: [mask] } };
}

/** Single weights of one matrix. */
export function weightsRun(id: string): Run {
  const matrices = [{ name: "model.layers.0.mlp.up_proj.weight", shape: [2, 4] as const, mask: "VQ==" }];
  const made = { kind: "weights", recipe: DEFAULT_WEIGHT_RECIPE } as const;
  return { record: recordOf(id, { made }), masks: { kind: "weights", matrices } };
}

/** The curves of three steps, with one reading at their end. */
export function threeSteps(): RunHistory {
  const column = Float32Array.of(0, 1, 2);
  const reading = { step: 3, ratio: 0.5, ...perplexityAt(27, 2048), text: TEXT };
  const columns = { step: column, loss: column, penalty: column, kept: column, target: column, count: 3 };
  const packed = packHistory(columns, [reading]);
  if (!packed) throw new Error("expected a history of three steps, got none");
  return packed;
}

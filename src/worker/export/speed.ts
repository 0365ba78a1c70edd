// Speed on the user's machine: the dense model and the prepared export, in the engine and in onnxruntime-web.
import {
  type Ctx,
  exportOnnx,
  type Folder,
  invariant,
  gateLayout,
  type Masks,
  type Model,
  type OpenedModel,
  type Pair,
  type ExportTarget,
  speedRows,
  type SpeedReport,
  timeModels,
} from "../../engine/index.ts";
import { openOnnx, type OnnxModel } from "../../verify/onnxModel.ts";

/** Tokens of a forward pass: few enough to wait for on a software adapter. */
const TOKENS = 64;
const DECODE_TOKENS = 16;
const REPEATS = 5;

export interface SpeedSubjects {
  opened: OpenedModel;
  /** The compact model of the same masks. */
  pruned: Model;
  ids: Uint32Array;
  /** The pruned ONNX form, and where its dense counterpart can be written; left out if that form is not offered. */
  onnx?: { pruned: Folder; dense: ExportTarget; dtype: "F32" | "F16" };
}

interface SpeedWatch {
  onPart: (done: number, of: number, note: string) => void;
  cancelled: () => boolean;
}

/** Times the engine, and onnxruntime-web if there is an ONNX form. Throws "config" for an empty text, "cancelled", and what the runtimes throw. */
export async function measureSpeed(
  ctx: Ctx,
  { opened, pruned, ids, onnx }: SpeedSubjects,
  { onPart, cancelled }: SpeedWatch,
): Promise<SpeedReport> {
  const { name: adapter } = ctx.gpu.facts;
  const decodeTokens = Math.min(DECODE_TOKENS, Math.floor(opened.config.context / 4));
  const prompt = ids.slice(0, Math.min(TOKENS, opened.config.context - decodeTokens - 1));
  invariant(prompt.length > 0, "config", "The evaluation text has no tokens to measure on: choose a longer text.");
  const facts = { adapter, tokens: prompt.length, decodeTokens, repeats: REPEATS };
  const parts = REPEATS + 1 + (onnx ? 2 : 0);
  const engine = await timeModels(ctx, { dense: opened.model, pruned }, prompt, {
    decodeTokens,
    repeats: REPEATS,
    cancelled,
    onRepeat: (done) => onPart(done, parts, "the engine"),
  });
  const rows = speedRows("Espalier engine (WebGPU)", __APP_VERSION__, engine);
  if (!onnx) return { ...facts, rows };
  try {
    for (const file of await exportOnnx({ ...opened, masks: fullMasks(opened), dtype: onnx.dtype }))
      await onnx.dense.write(file);
    const folders: Pair<Folder> = { dense: await onnx.dense.folder(), pruned: onnx.pruned };
    const time = async (subject: keyof Pair<Folder>): Promise<OnnxTimes> => {
      const found = await timeOnnx(folders[subject], prompt, decodeTokens, cancelled);
      onPart(subject === "dense" ? parts - 1 : parts, parts, "onnxruntime-web");
      return found;
    };
    const [dense, compact] = [await time("dense"), await time("pruned")];
    const { runtime, version, threads } = dense.model;
    const theirs = speedRows(`${runtime} (wasm)`, version, { dense: dense.times, pruned: compact.times });
    return { ...facts, threads, rows: [...rows, ...theirs] };
  } finally {
    await onnx.dense.discard();
  }
}

/** Masks that keep everything: their ONNX form is the dense model, without gathering and scattering. */
function fullMasks({ config }: OpenedModel): Masks {
  return gateLayout(config).sizes.map((size) => new Uint8Array(size).fill(1));
}

interface OnnxTimes {
  model: Pick<OnnxModel, "runtime" | "version" | "threads">;
  times: Awaited<ReturnType<OnnxModel["time"]>>;
}

/** Times one model and closes it, because the wasm memory has room for one of the two at a time. */
async function timeOnnx(
  folder: Folder,
  ids: Uint32Array,
  decodeTokens: number,
  cancelled: () => boolean,
): Promise<OnnxTimes> {
  const model = await openOnnx(folder, { cancelled });
  try {
    const times = await model.time(ids, { decodeTokens: decodeTokens * REPEATS, repeats: REPEATS });
    return { model: { runtime: model.runtime, version: model.version, threads: model.threads }, times };
  } finally {
    model.close();
  }
}

// "Measured here": the dense model beside the prepared export, in the engine and in onnxruntime-web, on the user's own machine.
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

/** Short enough to wait for on a software adapter; two windows of a chat line. */
const TOKENS = 64;
const DECODE_TOKENS = 16;
const REPEATS = 5;

export interface SpeedSubjects {
  opened: OpenedModel;
  /** The compact model of the same masks. */
  pruned: Model;
  ids: Uint32Array;
  /** The pruned ONNX form, and where its dense counterpart may be written; left out where that form is not offered. */
  onnx?: { pruned: Folder; dense: ExportTarget; dtype: "F32" | "F16" };
}

export interface SpeedWatch {
  onPart: (done: number, of: number, note: string) => void;
  cancelled: () => boolean;
}

/** Measures what there is. Throws "cancelled", and what the runtimes throw. */
export async function measureSpeed(
  ctx: Ctx,
  { opened, pruned, ids, onnx }: SpeedSubjects,
  { onPart, cancelled }: SpeedWatch,
): Promise<SpeedReport> {
  const { name: adapter } = ctx.gpu.facts;
  const decodeTokens = Math.min(DECODE_TOKENS, Math.floor(opened.config.context / 4));
  const prompt = ids.slice(0, Math.min(TOKENS, opened.config.context - decodeTokens - 1));
  invariant(prompt.length > 0, "config", "the evaluation text has no tokens to measure on; choose a longer text");
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
    for (const file of await exportOnnx({ ...opened, masks: everything(opened), dtype: onnx.dtype }))
      await onnx.dense.write(file);
    const folders: Pair<Folder> = { dense: await onnx.dense.folder(), pruned: onnx.pruned };
    const run = async (subject: keyof Pair<Folder>): Promise<OnnxRun> => {
      const found = await timeOnnx(folders[subject], prompt, decodeTokens, cancelled);
      onPart(subject === "dense" ? parts - 1 : parts, parts, "onnxruntime-web");
      return found;
    };
    const [dense, cut] = [await run("dense"), await run("pruned")];
    const { runtime, version, threads } = dense.model;
    const theirs = speedRows(`${runtime} (wasm)`, version, { dense: dense.times, pruned: cut.times });
    return { ...facts, threads, rows: [...rows, ...theirs] };
  } finally {
    await onnx.dense.discard();
  }
}

/** Masks that keep everything: their ONNX form is the dense model, without gathering and scattering. */
function everything({ config }: OpenedModel): Masks {
  return gateLayout(config).sizes.map((size) => new Uint8Array(size).fill(1));
}

interface OnnxRun {
  model: Pick<OnnxModel, "runtime" | "version" | "threads">;
  times: Awaited<ReturnType<OnnxModel["time"]>>;
}

/** One after the other: a wasm memory holds one of the two models at a time. */
async function timeOnnx(
  folder: Folder,
  ids: Uint32Array,
  decodeTokens: number,
  cancelled: () => boolean,
): Promise<OnnxRun> {
  const model = await openOnnx(folder, { cancelled });
  try {
    const times = await model.time(ids, { decodeTokens: decodeTokens * REPEATS, repeats: REPEATS });
    return { model: { runtime: model.runtime, version: model.version, threads: model.threads }, times };
  } finally {
    model.close();
  }
}

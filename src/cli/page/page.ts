// The page that the command line opens in headless Chromium: the engine of the studio, called from Node.
import { checkGolden, Ctx, EngineError, Gpu, httpFolder, type PlainError, type Precision } from "../../engine/index.ts";
import { applyReceiptMasks, type ApplyRequest } from "./applyReceipt.ts";
import { compareMethods, type CompareRequest } from "./compareMethods.ts";
import { type ServedFolder, servedModel } from "./servedModel.ts";
import { pruneGates, type PruneRequest } from "./pruneGates.ts";
import { pruneRatios, type RatiosRequest } from "./pruneRatios.ts";
import { pruneWeightsRun, type WeightsRequest } from "./pruneWeights.ts";

declare global {
  interface Window {
    report(report: unknown): Promise<void>;
    espalier: typeof commands;
  }
}

/** Every command returns a value, or an error as data so that Node gets all of it. */
export type Answer<T> = { ok: T } | { error: PlainError };

const answer = async <T>(work: () => Promise<T>): Promise<Answer<T>> => {
  try {
    return { ok: await work() };
  } catch (error) {
    return { error: EngineError.from(error).toPlain() };
  }
};

/** A golden case and its model, often in the same folder. */
interface ParityRequest {
  folder: ServedFolder;
  model: ServedFolder;
  precision: Precision;
}

const commands = {
  parity: ({ folder, model, precision }: ParityRequest) =>
    answer(async () => {
      const ctx = new Ctx(await Gpu.open());
      try {
        const golden = httpFolder(folder.name, folder.url, folder.files);
        return await checkGolden(ctx, golden, { model: await servedModel(model), precision });
      } finally {
        ctx.gpu.destroy();
      }
    }),
  apply: (request: ApplyRequest) => answer(() => applyReceiptMasks(request, (report) => void window.report(report))),
  /** Reports progress, and each finished run as `{ run }`. */
  compare: (request: CompareRequest) =>
    answer(() =>
      compareMethods(
        request,
        (report) => void window.report(report),
        (run) => window.report({ run }),
      ),
    ),
  prune: (request: PruneRequest) => answer(() => pruneGates(request, (report) => void window.report(report))),
  pruneRatios: (request: RatiosRequest) => answer(() => pruneRatios(request, (report) => void window.report(report))),
  pruneWeights: (request: WeightsRequest) =>
    answer(() => pruneWeightsRun(request, (report) => void window.report(report))),
};

window.espalier = commands;

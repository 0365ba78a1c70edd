// What runs in headless Chromium for the command line: the same engine as the studio, called from Node.
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

/** Every command answers a value or an error as data, so that Node sees the whole of it. */
export type Answer<T> = { ok: T } | { error: PlainError };

const answer = async <T>(work: () => Promise<T>): Promise<Answer<T>> => {
  try {
    return { ok: await work() };
  } catch (error) {
    return { error: EngineError.from(error).toPlain() };
  }
};

/** A golden case, and the model that it speaks of: often the same folder. */
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
  /** Reports what it is at, and each run as `{ run }` when it is finished. */
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

// The commands of the engine that the command line calls, on a page of Chromium or in Node (src/cli/host).
import {
  checkGolden,
  Ctx,
  EngineError,
  Gpu,
  httpFolder,
  type PlainError,
  type WeightStorage,
  type Run as FinishedRun,
} from "../../engine/index.ts";
import { applyReceiptMasks, type ApplyRequest } from "./applyReceipt.ts";
import type { PlannedRun } from "../compare/methods.ts";
import { compareMethods, type CompareRequest } from "./compareMethods.ts";
import { evaluateModels, type EvaluateRequest } from "./evaluateModels.ts";
import type { NoticeReport, Reporter, RunReport } from "./reports.ts";
import { type ServedFolder, servedModel } from "./servedModel.ts";
import { pruneGates, type PruneRequest } from "./pruneGates.ts";
import { pruneRatios, type RatiosRequest } from "./pruneRatios.ts";
import { pruneWeightsRun, type WeightsRequest } from "./pruneWeights.ts";

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
  precision: WeightStorage;
}

/** Passes a report to the Node side. */
type Send<T> = (report: T) => void | Promise<void>;
type Progress = RunReport | NoticeReport;

/** A reporter that does not wait until a report has arrived. */
const reporter =
  (send: Send<Progress>): Reporter =>
  (report) =>
    void send(report);

export const cliCommands = {
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
  apply: (request: ApplyRequest, send: Send<Progress>) => answer(() => applyReceiptMasks(request, reporter(send))),
  /** Reports progress, and each finished run as `{ run, planned }`. */
  compare: (request: CompareRequest, send: Send<Progress | { run: FinishedRun; planned: PlannedRun }>) =>
    answer(() => compareMethods(request, reporter(send), async (run, planned) => send({ run, planned }))),
  evaluate: (request: EvaluateRequest, send: Send<Progress>) => answer(() => evaluateModels(request, reporter(send))),
  prune: (request: PruneRequest, send: Send<Progress>) => answer(() => pruneGates(request, reporter(send))),
  pruneRatios: (request: RatiosRequest, send: Send<Progress>) => answer(() => pruneRatios(request, reporter(send))),
  pruneWeights: (request: WeightsRequest, send: Send<Progress>) =>
    answer(() => pruneWeightsRun(request, reporter(send))),
};

// What runs in headless Chromium for the command line: the same engine as the studio, called from Node.
import { checkGolden, Ctx, EngineError, Gpu, httpFolder, type PlainError, type Precision } from "../engine/index.ts";
import type { ServedFolder } from "./files.ts";
import { apply, type ApplyRequest } from "./pageApply.ts";
import { prune, type PruneRequest } from "./pagePrune.ts";

declare global {
  interface Window {
    report(report: unknown): Promise<void>;
    espalier: typeof commands;
  }
}

/** Every command answers a value or an error as data, so that Node sees the whole of it. */
type Answer<T> = { ok: T } | { error: PlainError };

const answer = async <T>(work: () => Promise<T>): Promise<Answer<T>> => {
  try {
    return { ok: await work() };
  } catch (error) {
    return { error: EngineError.from(error).toPlain() };
  }
};

const folderOf = ({ name, url, files }: ServedFolder): ReturnType<typeof httpFolder> => httpFolder(name, url, files);

const commands = {
  parity: ({ folder, precision }: { folder: ServedFolder; precision: Precision }) =>
    answer(async () => {
      const ctx = new Ctx(await Gpu.open());
      try {
        return await checkGolden(ctx, folderOf(folder), precision);
      } finally {
        ctx.gpu.destroy();
      }
    }),
  apply: (request: ApplyRequest) => answer(() => apply(request, (report) => void window.report(report))),
  prune: (request: PruneRequest) => answer(() => prune(request, (report) => void window.report(report))),
};

window.espalier = commands;

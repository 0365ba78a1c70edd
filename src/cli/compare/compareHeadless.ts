// One comparison in headless Chromium: opens the model once and passes on each run as it finishes. bench/ uses it too.
import type { Run } from "../../engine/index.ts";
import { valueOf } from "../host/command.ts";
import type { CompareArguments } from "./compareArguments.ts";
import { openHeadless } from "../host/headless.ts";
import type { NoticeReport, RunReport } from "../page/openRun.ts";
import { progressLine } from "../host/progress.ts";
import { namedText, TUNE_FOLDER } from "../prune/runHeadless.ts";

/** `onRun` receives each run as it finishes. Throws a UsageError where the model or the texts are at fault, an Error otherwise. */
export async function compareHeadless(given: Omit<CompareArguments, "out">, onRun: (run: Run) => void): Promise<void> {
  const progress = progressLine();
  const headless = await openHeadless((message) => {
    const report = message as RunReport | NoticeReport | { run: Run };
    if ("run" in report) onRun(report.run);
    else progress(report);
  });
  try {
    const { model, text, evaluation, tune, ...settings } = given;
    const request = {
      ...settings,
      model: headless.files.serve(model),
      text: namedText(text),
      evaluation: namedText(evaluation),
      tuneFolder: tune ? headless.files.writable(TUNE_FOLDER) : null,
    };
    valueOf(await headless.page.evaluate((one) => window.espalier.compare(one), request), model);
  } finally {
    progress();
    await headless.close();
  }
}

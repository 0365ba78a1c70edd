// One comparison in headless Chromium: the model opened once, runs handed over as they finish. bench/ measures through it as well.
import type { Run } from "../../engine/index.ts";
import { valueOf } from "../host/command.ts";
import type { CompareArguments } from "./compareArguments.ts";
import { openHeadless } from "../host/headless.ts";
import type { RunReport } from "../page/openRun.ts";
import { progressLine } from "../host/progress.ts";
import { namedText } from "../prune/runHeadless.ts";

/** Throws a UsageError where the model or the texts are to blame, an Error otherwise; runs that finished before were handed over. */
export async function compareHeadless(given: Omit<CompareArguments, "out">, onRun: (run: Run) => void): Promise<void> {
  const progress = progressLine();
  const headless = await openHeadless((told) => {
    const report = told as RunReport | { run: Run };
    if ("run" in report) onRun(report.run);
    else progress(report);
  });
  try {
    const { model, text, evaluation, ...settings } = given;
    const request = {
      ...settings,
      model: headless.files.serve(model),
      text: namedText(text),
      evaluation: namedText(evaluation),
    };
    valueOf(await headless.page.evaluate((one) => window.espalier.compare(one), request), model);
  } finally {
    progress();
    await headless.close();
  }
}

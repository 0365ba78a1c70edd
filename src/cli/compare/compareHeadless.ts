// One comparison on one host: opens the model once and passes on each run as it finishes. bench/ uses it too.
import type { Run } from "../../engine/index.ts";
import { valueOf } from "../host/command.ts";
import { runJson } from "../../engine/formats/runs/runRecord.ts";
import type { CompareArguments } from "./compareArguments.ts";
import { keyOf, type PlannedRun } from "./methods.ts";
import { openCliHost } from "../host/openHost.ts";
import { progressLine } from "../host/progress.ts";
import { measureRequest } from "../prune/runHeadless.ts";

/** `onRun` receives each run as it finishes. finished: runs of an interrupted comparison, by `keyOf`. Throws a UsageError where the model or the texts are at fault, an Error otherwise. */
export async function compareHeadless(
  given: Omit<CompareArguments, "out" | "resume">,
  onRun: (run: Run, planned: PlannedRun) => void,
  finished: (key: string) => Run | undefined = () => undefined,
): Promise<void> {
  const progress = progressLine();
  const { host: choice, model, runs, steps, tokens, sequences, widthMultiple } = given;
  const { recoverMatrices, refitMatrices, refitSequences } = given;
  const { recoverRank, scoreItems } = given;
  const host = await openCliHost(choice);
  try {
    const request = {
      ...measureRequest(given, host),
      runs,
      finished: runs.map((planned) => {
        const run = finished(keyOf(planned));
        return run ? runJson(run) : null;
      }),
      ...{ steps, tokens, sequences, widthMultiple, recoverMatrices, refitMatrices, refitSequences },
      ...(recoverRank === undefined ? {} : { recoverRank }),
      ...(scoreItems === undefined ? {} : { scoreItems }),
    };
    const answer = await host.call("compare", request, (report) => {
      if ("run" in report) onRun(report.run, report.planned);
      else progress(report);
    });
    valueOf(answer, model);
  } finally {
    progress();
    await host.close();
  }
}

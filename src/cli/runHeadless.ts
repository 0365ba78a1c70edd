// A run of any method from the terminal: the page does the work, one JSON line on stdout, failures as exit codes.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { writeForms } from "./exporting.ts";
import type { Headless } from "./headless.ts";
import type { Answer } from "./page.ts";
import type { NamedText, RunAnswer, RunRequest } from "./pageRun.ts";
import type { RunArguments } from "./runArguments.ts";

/** A text file by its name. */
export const namedText = (path: string): NamedText => ({ name: basename(path), content: readFileSync(path, "utf8") });

/** `work` asks the page. Throws a UsageError where the arguments or their files are to blame, an Error where a form fails its check. */
export async function runHeadless(
  given: RunArguments,
  recipe: object,
  work: (page: Headless["page"], request: RunRequest) => Promise<Answer<RunAnswer>>,
): Promise<void> {
  const began = performance.now();
  const { model, context, evaluationTokens, precision } = given;
  await writeForms(
    given,
    model,
    ({ page, files }, forms) =>
      work(page, {
        model: files.serve(model),
        text: namedText(given.text),
        evaluation: namedText(given.evaluation),
        ...{ context, evaluationTokens, precision },
        ...forms,
      }),
    () => ({ recipe, seconds: Number(((performance.now() - began) / 1000).toFixed(1)) }),
  );
}

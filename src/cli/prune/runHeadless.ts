// A run of any method: the page does the work; Node prints one line of JSON and reports failures by exit code.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { writeFormsHeadless } from "./writeExports.ts";
import type { LocalFiles } from "../host/localFiles.ts";
import type { Headless } from "../host/headless.ts";
import type { Answer } from "../page/page.ts";
import type { FormsRequest } from "../page/forms.ts";
import type { NamedText, RunAnswer, RunRequest } from "../page/openRun.ts";
import { checkedArguments, type MeasureArguments, type RunArguments } from "../arguments/runArguments.ts";
import { decodeText } from "../../engine/formats/files/decodeText.ts";

/** The content of a text file, with its name. Throws a UsageError for a file that is not text. */
export const namedText = (path: string): NamedText => ({
  name: basename(path),
  content: checkedArguments(() => decodeText(basename(path), readFileSync(path))),
});

/** Where tables of matmul kernels are kept. */
export const TUNE_FOLDER = fileURLToPath(new URL("../../../.cache/matmul", import.meta.url));

/** The part of the page's request on model, texts and measuring. */
export function measureRequest(given: MeasureArguments, files: LocalFiles): Omit<RunRequest, keyof FormsRequest> {
  const { model, context, evaluationTokens, precision, tune } = given;
  return {
    model: files.serve(model),
    text: namedText(given.text),
    evaluation: namedText(given.evaluation),
    ...{ context, evaluationTokens, precision },
    tuneFolder: tune ? files.writable(TUNE_FOLDER) : null,
  };
}

/** Seconds since `began`, with one decimal, for the line of JSON. */
export const secondsSince = (began: number): number => Number(((performance.now() - began) / 1000).toFixed(1));

/** `work` calls the page. Throws a UsageError where the arguments or their files are at fault, an Error where a form fails its check. */
export async function runHeadless(
  given: RunArguments,
  recipe: object,
  work: (page: Headless["page"], request: RunRequest) => Promise<Answer<RunAnswer>>,
): Promise<void> {
  const began = performance.now();
  await writeFormsHeadless(
    given,
    given.model,
    ({ page, files }, forms) => work(page, { ...measureRequest(given, files), ...forms }),
    () => ({ recipe, seconds: secondsSince(began) }),
  );
}

// A run of any method: the host does the work; Node prints one line of JSON and reports failures by exit code.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { type ShowProgress, writeFormsHeadless } from "./writeExports.ts";
import type { CliHost } from "../host/openHost.ts";
import type { Answer } from "../page/commands.ts";
import type { FormsRequest } from "../page/forms.ts";
import type { RunAnswer } from "../page/openRun.ts";
import type { NamedText, RunRequest } from "../page/runRequest.ts";
import { checkedArguments, type MeasureArguments, type RunArguments } from "../arguments/runArguments.ts";
import { decodeText } from "../../engine/formats/files/decodeText.ts";

/** The content of a text file, with its name. Throws a UsageError for a file that is not text. */
export const namedText = (path: string): NamedText => ({
  name: basename(path),
  content: checkedArguments(() => decodeText(basename(path), readFileSync(path))),
});

const TUNE_FOLDER = fileURLToPath(new URL("../../../.cache/matmul", import.meta.url));

/** The address of the folder where tables of matmul kernels are kept; null with --tune off. */
export const tuneFolderFor = (tune: boolean, { files }: CliHost): string | null =>
  tune ? files.writable(TUNE_FOLDER, existsSync(TUNE_FOLDER) ? readdirSync(TUNE_FOLDER) : []) : null;

/** The part of the request on model, texts and measuring. */
export function measureRequest(given: MeasureArguments, host: CliHost): Omit<RunRequest, keyof FormsRequest> {
  const { model, context, evaluationTokens, precision, memoryBytes, tune } = given;
  return {
    host: host.name,
    model: host.files.serve(model),
    text: namedText(given.text),
    evaluation: namedText(given.evaluation),
    ...{ context, evaluationTokens, precision },
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    tuneFolder: tuneFolderFor(tune, host),
  };
}

/** Seconds since `began`, with one decimal, for the line of JSON. */
export const secondsSince = (began: number): number => Number(((performance.now() - began) / 1000).toFixed(1));

/** `work` calls the host. Throws a UsageError where the arguments or their files are at fault, an Error where a form fails its check. */
export async function runHeadless(
  given: RunArguments & { resume?: boolean },
  recipe: object,
  work: (host: CliHost, request: RunRequest, progress: ShowProgress) => Promise<Answer<RunAnswer>>,
): Promise<void> {
  const began = performance.now();
  await writeFormsHeadless(
    given,
    given.model,
    (host, forms, progress) => work(host, { ...measureRequest(given, host), ...forms }, progress),
    () => ({ recipe, seconds: secondsSince(began) }),
  );
}

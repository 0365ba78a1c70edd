// A run of any method from the terminal: the page does the work, one JSON line on stdout, failures as exit codes.
import { mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { RunArguments } from "./arguments.ts";
import { openHeadless, UsageError } from "./headless.ts";
import type { Answer } from "./page.ts";
import type { RunAnswer, RunReport, RunRequest } from "./pageRun.ts";
import { progressLine } from "./progress.ts";

type Page = Awaited<ReturnType<typeof openHeadless>>["page"];

/** `work` asks the page. Throws a UsageError where the arguments or their files are to blame, an Error where a form fails its check. */
export async function runHeadless(
  given: RunArguments,
  recipe: object,
  work: (page: Page, request: RunRequest) => Promise<Answer<RunAnswer>>,
): Promise<void> {
  const began = performance.now();
  const progress = progressLine();
  const headless = await openHeadless((report) => progress(report as RunReport));
  try {
    const named = (path: string): { name: string; content: string } => ({
      name: basename(path),
      content: readFileSync(path, "utf8"),
    });
    const out = given.forms.map((form) => {
      mkdirSync(join(given.out, form), { recursive: true });
      return { form, url: headless.files.writable(join(given.out, form)) };
    });
    const answer = await work(headless.page, {
      model: headless.files.serve(given.model),
      text: named(given.text),
      evaluation: named(given.evaluation),
      evaluationTokens: given.evaluationTokens,
      context: given.context,
      precision: given.precision,
      out,
    });
    progress();
    if ("error" in answer) {
      const { code, message } = answer.error;
      if (["config", "unsupported", "format", "shape", "limit"].includes(code))
        throw new UsageError(`${given.model}: ${message}`);
      throw new Error(message);
    }
    const seconds = Number(((performance.now() - began) / 1000).toFixed(1));
    process.stdout.write(`${JSON.stringify({ ...answer.ok, recipe, out: given.out, seconds })}\n`);
    const failed = answer.ok.forms.find(({ ok }) => !ok);
    if (failed) throw new Error(`the ${failed.form} export failed its check: ${failed.reason ?? "unknown"}`);
  } finally {
    await headless.close();
  }
}

// What the commands that write exports share in Node: staged folders, the page's answer, one line of JSON, and the exit code.
import { valueOf } from "./command.ts";
import type { ExportArguments } from "./exportArguments.ts";
import { stageForms } from "./exportFolders.ts";
import { type Headless, openHeadless } from "./headless.ts";
import type { Answer } from "./page.ts";
import type { FormAnswer, FormsRequest } from "./pageForms.ts";
import type { RunReport } from "./pageRun.ts";
import { progressLine } from "./progress.ts";

/**
 * Opens the page, lets `ask` send its request, prints what came back on stdout, with `more` beside it, and moves the forms that passed into
 * their folders. Throws a UsageError that begins with `subject` where the files are to blame, an Error where a form did not pass.
 */
export async function writeForms(
  { out, forms, dtype, shardBytes }: ExportArguments,
  subject: string,
  ask: (headless: Headless, request: FormsRequest) => Promise<Answer<{ forms: readonly FormAnswer[] }>>,
  more: () => object = () => ({}),
): Promise<void> {
  const staged = stageForms(out, forms);
  const progress = progressLine();
  try {
    const headless = await openHeadless((report) => progress(report as RunReport));
    try {
      const answer = await ask(headless, {
        out: forms.map((form) => ({ form, url: headless.files.writable(staged.folder(form)) })),
        ...(dtype ? { dtype } : {}),
        ...(shardBytes === undefined ? {} : { shardBytes }),
      });
      progress();
      const found = valueOf(answer, subject);
      const refused = found.forms.filter(({ ok }) => !ok);
      staged.settle(found.forms.flatMap(({ form, ok }) => (ok ? [form] : [])));
      process.stdout.write(`${JSON.stringify({ ...found, ...more(), out })}\n`);
      if (refused.length > 0)
        throw new Error(
          refused.map(({ form, reason }) => `The ${form} form was not written: ${reason ?? "unknown"}`).join("\n"),
        );
    } finally {
      await headless.close();
    }
  } finally {
    staged.drop();
  }
}

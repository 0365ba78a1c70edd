// What the commands that write exports share in Node: staged folders, the page's answer, one line of JSON, and the exit code.
import { valueOf } from "../host/command.ts";
import type { ExportArguments } from "../arguments/exportArguments.ts";
import { stageForms } from "./exportFolders.ts";
import { type Headless, openHeadless } from "../host/headless.ts";
import type { Answer } from "../page/page.ts";
import type { FormAnswer, FormsRequest } from "../page/forms.ts";
import type { RunReport } from "../page/openRun.ts";
import { progressLine } from "../host/progress.ts";

/** What of an export decides whether it stays. */
type Checked = Pick<FormAnswer, "ok" | "reason">;

/** How one request of a command is sent, and what came back is understood. */
interface Work<T, Name extends string> {
  /** What errors begin with where the files are to blame. */
  subject: string;
  /** Sends the request; `place` is the writable address of an export's folder. */
  ask: (headless: Headless, place: (name: Name) => string) => Promise<Answer<T>>;
  /** The exports of the answer by the names of their folders. */
  checks: (found: T) => readonly (readonly [Name, Checked])[];
  /** What the line of JSON says besides. */
  more?: () => object;
}

/**
 * Opens the page, lets `ask` send its request, prints what came back on stdout, and moves the exports that passed into their folders `names`
 * under `out`. Throws a UsageError that begins with `subject` where the files are to blame, an Error where an export did not pass.
 */
export async function writeExports<T extends object, Name extends string>(
  out: string,
  names: readonly Name[],
  { subject, ask, checks, more = () => ({}) }: Work<T, Name>,
): Promise<void> {
  const staged = stageForms(out, names);
  const progress = progressLine();
  try {
    const headless = await openHeadless((report) => progress(report as RunReport));
    try {
      const answer = await ask(headless, (name) => headless.files.writable(staged.folder(name)));
      progress();
      const found = valueOf(answer, subject);
      const checked = checks(found);
      const refused = checked.filter(([, { ok }]) => !ok);
      staged.settle(checked.flatMap(([name, { ok }]) => (ok ? [name] : [])));
      process.stdout.write(`${JSON.stringify({ ...found, ...more(), out })}\n`);
      if (refused.length > 0)
        throw new Error(
          refused.map(([name, { reason }]) => `The ${name} form was not written: ${reason ?? "unknown"}`).join("\n"),
        );
    } finally {
      await headless.close();
    }
  } finally {
    staged.drop();
  }
}

/** The choice of dtype and shards, as the page takes it. */
export function choiceFor({ dtype, shardBytes }: ExportArguments): Omit<FormsRequest, "out"> {
  return { ...(dtype ? { dtype } : {}), ...(shardBytes === undefined ? {} : { shardBytes }) };
}

/** `writeExports` for the forms of one pruned model. */
export function writeFormsHeadless(
  given: ExportArguments,
  subject: string,
  ask: (headless: Headless, request: FormsRequest) => Promise<Answer<{ forms: readonly FormAnswer[] }>>,
  more?: () => object,
): Promise<void> {
  const { out, forms } = given;
  return writeExports(out, forms, {
    subject,
    ask: (headless, place) =>
      ask(headless, { out: forms.map((form) => ({ form, url: place(form) })), ...choiceFor(given) }),
    checks: (found: { forms: readonly FormAnswer[] }) => found.forms.map((one) => [one.form, one] as const),
    ...(more ? { more } : {}),
  });
}

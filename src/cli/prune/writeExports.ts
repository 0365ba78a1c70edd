// The Node side of every command that exports: folders that are staged, the answer of the host, one line of JSON, and the exit code.
import { valueOf } from "../host/command.ts";
import type { ExportArguments } from "../arguments/exportArguments.ts";
import { stageForms } from "./exportFolders.ts";
import type { HostChoice } from "../host/chooseHost.ts";
import { type CliHost, openCliHost } from "../host/openHost.ts";
import type { Answer } from "../page/commands.ts";
import type { FormAnswer, FormsRequest } from "../page/forms.ts";
import type { NoticeReport, RunReport } from "../page/openRun.ts";
import { progressLine } from "../host/progress.ts";

/** The check of an export, which decides whether it stays. */
type Check = Pick<FormAnswer, "ok" | "reason">;

/** Shows a report. */
export type ShowProgress = (report: RunReport | NoticeReport) => void;

/** What a command needs to send its request. */
interface Sending<Name extends string> {
  /** The writable address of an export's folder. */
  urlOf: (name: Name) => string;
  progress: ShowProgress;
}

/** How a command sends its request to the host and reads the answer. */
interface Work<T, Name extends string> {
  /** Errors in the named files begin with this. */
  subject: string;
  send: (host: CliHost, sending: Sending<Name>) => Promise<Answer<T>>;
  /** The checks of the exports in the answer, by the names of their folders. */
  checksOf: (answer: T) => readonly (readonly [Name, Check])[];
  /** Further fields of the line of JSON. */
  extra?: () => object;
}

/**
 * Opens the host, sends the request, prints the answer on stdout, and moves the exports that passed their check to their folders `names`
 * under `out`. Throws a UsageError that begins with `subject` where the named files are at fault, an Error where an export did not pass.
 */
export async function writeExports<T extends object, Name extends string>(
  { out, host: choice }: { out: string; host: HostChoice },
  names: readonly Name[],
  { subject, send, checksOf, extra = () => ({}) }: Work<T, Name>,
): Promise<void> {
  const staged = stageForms(out, names);
  const progress = progressLine();
  try {
    const host = await openCliHost(choice);
    try {
      const sent = await send(host, { urlOf: (name) => host.files.writable(staged.folder(name)), progress });
      progress();
      const answer = valueOf(sent, subject);
      const checks = checksOf(answer);
      const failed = checks.filter(([, { ok }]) => !ok);
      staged.settle(checks.flatMap(([name, { ok }]) => (ok ? [name] : [])));
      process.stdout.write(`${JSON.stringify({ ...answer, host: host.name, ...extra(), out })}\n`);
      if (failed.length > 0)
        throw new Error(
          failed.map(([name, { reason }]) => `The ${name} form was not written: ${reason ?? "unknown"}`).join("\n"),
        );
    } finally {
      await host.close();
    }
  } finally {
    staged.drop();
  }
}

/** The part of the request on dtype and shards. */
export function choiceFor({ dtype, ggufType, shardBytes }: ExportArguments): Omit<FormsRequest, "out"> {
  return {
    ...(dtype ? { dtype } : {}),
    ...(ggufType ? { ggufType } : {}),
    ...(shardBytes === undefined ? {} : { shardBytes }),
  };
}

/** `writeExports` for the forms of one pruned model. `subject`: errors in the named files begin with it. */
export function writeFormsHeadless(
  given: ExportArguments & { host: HostChoice },
  subject: string,
  send: (
    host: CliHost,
    request: FormsRequest,
    progress: ShowProgress,
  ) => Promise<Answer<{ forms: readonly FormAnswer[] }>>,
  extra?: () => object,
): Promise<void> {
  const { out, host, forms } = given;
  return writeExports({ out, host }, forms, {
    subject,
    send: (opened, { urlOf, progress }) =>
      send(opened, { out: forms.map((form) => ({ form, url: urlOf(form) })), ...choiceFor(given) }, progress),
    checksOf: (answer: { forms: readonly FormAnswer[] }) => answer.forms.map((check) => [check.form, check] as const),
    ...(extra ? { extra } : {}),
  });
}

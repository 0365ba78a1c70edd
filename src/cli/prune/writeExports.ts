// The Node side of every command that exports: folders that are staged, the answer of the host, one line of JSON, and the exit code.
import type { CheckpointFolder } from "../page/checkpoints.ts";
import { onInterrupt } from "../host/interrupt.ts";
import { jsonLine, valueOf } from "../host/command.ts";
import type { ExportArguments } from "../arguments/exportArguments.ts";
import { stageCheckpoints, type StagedForms, stageForms } from "./exportFolders.ts";
import type { HostChoice } from "../host/chooseHost.ts";
import { type CliHost, openCliHost } from "../host/openHost.ts";
import type { Answer } from "../page/commands.ts";
import type { FormAnswer, FormsRequest } from "../page/forms.ts";
import type { NoticeReport, RunReport } from "../page/reports.ts";
import { progressLine } from "../host/progress.ts";

/** The check of an export, which decides whether it stays. */
type Check = Pick<FormAnswer, "ok" | "reason">;

/** Shows a report. */
export type ShowProgress = (report: RunReport | NoticeReport) => void;

/** What a command needs to send its request. */
interface Sending<Name extends string> {
  /** The writable address of an export's folder. */
  urlOf: (name: Name) => string;
  /** Where training writes checkpoints, if it does. */
  checkpoints: CheckpointFolder | undefined;
  progress: ShowProgress;
}

const NOTHING_SAVED = "Nothing was saved to continue from: the same command starts anew.";

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
  { out, host: choice, resume }: { out: string; host: HostChoice; resume?: boolean },
  names: readonly Name[],
  { subject, send, checksOf, extra = () => ({}) }: Work<T, Name>,
): Promise<void> {
  const staged = stageForms(out, names);
  const saved = resume === undefined ? undefined : stageCheckpoints(out, resume);
  const forget = onInterrupt(() => {
    staged.drop();
    const hint = saved?.hint();
    if (hint === undefined) saved?.remove();
    return hint ?? NOTHING_SAVED;
  });
  const progress = progressLine();
  try {
    const host = await openCliHost(choice);
    try {
      const checkpoints = saved && {
        url: host.files.writable(saved.folder, saved.files),
        resume: resume === true,
      };
      const urlOf = (name: Name): string => host.files.writable(staged.folder(name));
      const sent = await send(host, { urlOf, checkpoints, progress });
      progress();
      const answer = valueOf(sent, subject);
      const checks = checksOf(answer);
      const failed = checks.flatMap(([name, { ok, reason }]) => (ok ? [] : [failureOf(staged, name, reason)]));
      failed.push(...staged.settle(checks.flatMap(([name, { ok }]) => (ok ? [name] : []))));
      process.stdout.write(jsonLine({ ...answer, host: host.name, ...extra(), out }));
      if (failed.length === 0) saved?.remove();
      else throw new Error(failed.join("\n"));
    } finally {
      await host.close();
    }
  } catch (error) {
    const hint = saved?.hint();
    if (hint === undefined) saved?.remove();
    else if (error instanceof Error && !error.message.startsWith("--resume")) error.message += ` ${hint}`;
    throw error;
  } finally {
    forget();
    staged.drop();
  }
}

/** Why a form was not written, and what is in its folder instead. */
function failureOf<Name extends string>(staged: StagedForms<Name>, name: Name, reason = "unknown"): string {
  const earlier = staged.hasEarlier(name) ? " (the earlier export there stays as it was)" : "";
  return `The ${name} form was not written${earlier}: ${reason}`;
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
  given: ExportArguments & { host: HostChoice; resume?: boolean },
  subject: string,
  send: (
    host: CliHost,
    request: FormsRequest,
    progress: ShowProgress,
  ) => Promise<Answer<{ forms: readonly FormAnswer[] }>>,
  extra?: () => object,
): Promise<void> {
  const { out, host, forms, resume } = given;
  return writeExports({ out, host, ...(resume === undefined ? {} : { resume }) }, forms, {
    subject,
    send: (opened, { urlOf, checkpoints, progress }) => {
      const request = { out: forms.map((form) => ({ form, url: urlOf(form) })), ...choiceFor(given) };
      return send(opened, { ...request, ...(checkpoints ? { checkpoints } : {}) }, progress);
    },
    checksOf: (answer: { forms: readonly FormAnswer[] }) => answer.forms.map((check) => [check.form, check] as const),
    ...(extra ? { extra } : {}),
  });
}

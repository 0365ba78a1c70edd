// The check of the user's adapter: the lab, with the files that a browser has.
import { EngineError, type Folder, memoryFolder } from "../../engine/index.ts";
import type { LabResult } from "../../lab/labResult.ts";
import { LAB_PART_NAMES, LAB_PARTS, type LabPart, labSeconds } from "../../shared/labParts.ts";
import { DEFAULT_TEXTS } from "../../shared/texts.ts";
import type { AdapterCheck } from "../protocol.ts";
import { folderOfSource } from "../storage/sources.ts";
import { readSource } from "../storage/texts.ts";
import type { ReportProgress, TaskControls } from "../tasks.ts";
import { browserHost } from "./browserHost.ts";

/** What needs no model. */
const SHORT_PARTS: readonly LabPart[] = ["kernels", "peak", "ops"];

interface CheckChoice {
  /** Runs all parts; otherwise every kernel is compared with its reference and each op is timed, which takes seconds. */
  measure: boolean;
  /** Software adapters get few sizes and repetitions. */
  software: boolean;
}

/**
 * Runs the lab on devices of its own. When it is stopped, the parts that are complete are the result; throws "cancelled" if there are none.
 * The lab is loaded here, because most visits never need it.
 */
export async function checkAdapter({ measure, software }: CheckChoice, controls: TaskControls): Promise<AdapterCheck> {
  const { runLab } = await import("../../lab/lab.ts");
  const { checkLines, labChecks, labMarkdown, labTables } = await import("../../lab/report.ts");
  const parts: readonly LabPart[] = measure ? LAB_PART_NAMES : SHORT_PARTS;
  const quick = software;
  const began = performance.now();
  const { signal } = controls;
  let result: LabResult | undefined;
  let stopped = false;
  try {
    const input = {
      host: browserHost(navigator.userAgent),
      quick,
      asCard: false,
      ...(await filesFor(measure, signal)),
    };
    const save = (results: LabResult): void => void (result = results);
    await runLab(parts, input, { signal, save, onProgress: progressOf(parts, quick, controls) });
  } catch (thrown) {
    if (EngineError.from(thrown).code !== "cancelled" || !result) throw thrown;
    stopped = true;
  }
  if (!result) throw new EngineError("bug", "the lab ran no part");
  return {
    json: `${JSON.stringify(result, null, 1)}\n`,
    markdown: labMarkdown(result, { details: true, goals: measure }),
    tables: labTables(result, { goals: measure }),
    lines: checkLines(result),
    ...labChecks(result),
    seconds: (performance.now() - began) / 1000,
    stopped,
  };
}

/** The embedded model, the text and the golden cases; nothing for the short check, which needs no files. */
async function filesFor(
  measure: boolean,
  signal: AbortSignal,
): Promise<{ small: Folder; text: string; goldens: readonly Folder[] }> {
  if (!measure) return { small: memoryFolder("none", {}), text: "", goldens: [] };
  const { goldenFolders } = await import("./goldenFolders.ts");
  const small = await folderOfSource({ kind: "embedded" }, { signal, onProgress: () => undefined });
  return { small, text: await readSource(DEFAULT_TEXTS.evaluation), goldens: goldenFolders(signal) };
}

/** Reports each part as a stage; the time left includes the parts after it, at the pace of those before. */
function progressOf(
  parts: readonly LabPart[],
  quick: boolean,
  controls: TaskControls,
): (part: LabPart, done: number, of: number, what?: string) => void {
  const began = performance.now();
  let stage: { part: LabPart; report: ReportProgress } | undefined;
  return (part, done, of, what) => {
    const at = parts.indexOf(part);
    if (stage?.part !== part) {
      const expected = labSeconds(parts.slice(0, at), quick);
      const pace = expected > 0 ? (performance.now() - began) / 1000 / expected : 1;
      stage = { part, report: controls.report("cases", pace * labSeconds(parts.slice(at + 1), quick)) };
    }
    const { title } = LAB_PARTS[part];
    const place = parts.length > 1 ? `Part ${at + 1} of ${parts.length}, ${title}` : `Checking ${title}`;
    stage.report(done, of, what ? `${place} (${what}):` : `${place}:`);
  };
}

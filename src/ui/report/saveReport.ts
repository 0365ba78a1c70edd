// Saves the report of a run as a file: reads the run, draws its charts, and adds what this session knows of it.
import { saveFile } from "../../charts/index.ts";
import { EngineError, type Run } from "../../engine/index.ts";
import { commandLineOfRun } from "../../state/run/commandLine.ts";
import { currentPruning, samePruned } from "../../state/run/currentPruning.ts";
import type { StudioState } from "../../state/storeState.ts";
import { knownModel } from "../../state/model/shownModel.ts";
import { fingerprintLine, masksSha256 } from "../views/runFingerprint.ts";
import { reportCharts } from "./reportCharts.ts";
import { reportHtml } from "./reportHtml.ts";
import { reportMarkdown } from "./reportMarkdown.ts";
import type { ReportInput } from "./report.ts";
import { reportOf } from "./reportOf.ts";

export const REPORT_FORMATS = {
  html: { title: "HTML", type: "text/html", extension: "html" },
  markdown: { title: "Markdown", type: "text/markdown", extension: "md" },
} as const;
export type ReportFormat = keyof typeof REPORT_FORMATS;

/** Whether a saved run is the current pruning, so that texts and exports of this session are of it. */
const isShown = (of: string | null, { restored, recovered }: StudioState): boolean =>
  of === null || (restored?.record.id === of && recovered === null);

/** Texts and export checks of the current pruning. */
export function madeHere(state: StudioState): Pick<ReportInput, "written" | "checks"> {
  const now = currentPruning(state);
  const { generation, exported, writtenWith, denseText: dense, prunedText: pruned } = state;
  const isWritten = generation.phase === "written" && now !== null && samePruned(generation.of, now);
  const isExported = exported.phase === "prepared" && now !== null && samePruned(exported.last.of, now);
  return {
    written: isWritten && writtenWith ? { ...writtenWith, dense, pruned } : null,
    checks: isExported ? exported.last.checks : [],
  };
}

/** "DISP 50 %, seed 1" -> "espalier-report-disp-50-seed-1". */
export function reportStem(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return `espalier-report-${plain.replace(/^-|-$/g, "").slice(0, 60) || "run"}`;
}

async function runOf(of: string | null, state: StudioState): Promise<Run> {
  const run = of === null ? await state.shownRun() : await state.readRun(of);
  if (run) return run;
  throw new EngineError(
    "config",
    "There is nothing to report yet: train or load a run, and let its perplexity be measured.",
  );
}

/**
 * Saves the report in the browser's downloads. Rejects with "config", "storage" or "format" where the run cannot be read.
 * @param of id of a saved run; null: the current pruning
 * @returns the name of the file
 */
export async function saveReport(of: string | null, format: ReportFormat, state: StudioState): Promise<string> {
  const run = await runOf(of, state);
  const { record, masks } = run;
  const facts = knownModel(state);
  const steps = record.made.kind === "disp" ? `, step ${record.made.steps}` : "";
  const report = reportOf({
    run,
    facts: facts?.fingerprint === record.model.fingerprint ? facts : null,
    ...(isShown(of, state) ? madeHere(state) : { written: null, checks: [] }),
    charts: reportCharts(run, `${record.model.name}, ${record.name}${steps}`),
    command: commandLineOfRun(record),
    masksSha256: await masksSha256(masks),
    fingerprint: await fingerprintLine(run),
    version: __APP_VERSION__,
    now: new Date(),
  });
  const { type, extension } = REPORT_FORMATS[format];
  const name = `${reportStem(record.name)}.${extension}`;
  const text = format === "html" ? reportHtml(report) : reportMarkdown(report);
  saveFile(new Blob([text], { type: `${type};charset=utf-8` }), name);
  return name;
}

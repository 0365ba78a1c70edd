// Progress on stderr: one line that is rewritten in place on a terminal, a few lines per minute in a file.
import type { NoticeReport, RunReport } from "../page/reports.ts";

import { printable, printableLine } from "./printable.ts";

const PLAIN_EVERY_MS = 10_000;

/** The returned function is called with each report, and without one at the end. */
export function progressLine(): (report?: RunReport | NoticeReport) => void {
  let began = performance.now();
  let stage = "";
  let shown = -Infinity;
  const live = process.stderr.isTTY;
  return (report) => {
    if (!report) {
      if (live) process.stderr.write("\n");
      return;
    }
    if ("notice" in report) {
      process.stderr.write(`${live ? "\r\x1b[K" : ""}note: ${printable(report.notice)}\n`);
      return;
    }
    const now = performance.now();
    const isNewStage = report.stage !== stage;
    if (isNewStage) {
      began = now;
      stage = report.stage;
    }
    if (!live && !isNewStage && now - shown < PLAIN_EVERY_MS && report.done < report.of) return;
    shown = now;
    const seconds = (now - began) / 1000;
    const left = report.done > 0 ? `${Math.ceil((seconds * (report.of - report.done)) / report.done)} s left` : "";
    const percent = `${Math.floor((100 * report.done) / Math.max(1, report.of))} %`.padStart(5);
    const line = `${stage.padEnd(18)}${percent}  ${printableLine(report.note ?? "")}  ${left}`;
    process.stderr.write(live ? `\r\x1b[K${line}` : `${line}\n`);
  };
}

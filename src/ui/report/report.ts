// What a report of a run consists of, as data: reportHtml.ts and reportMarkdown.ts write it.

import type { ExportedForm, Run } from "../../engine/index.ts";
import type { KnownFacts } from "../../worker/protocol.ts";

export type ReportPart =
  | { kind: "facts"; rows: readonly (readonly [label: string, value: string])[] }
  | { kind: "table"; head: readonly string[]; rows: readonly (readonly string[])[] }
  /** Text that a model wrote, or a command: shown as it is, line by line. */
  | { kind: "quote"; label: string; text: string }
  | { kind: "note"; text: string };

/** A chart as a picture. */
export interface ReportChart {
  title: string;
  /** How to read it. */
  caption: string;
  /** What it shows, in numbers: the accessible name of the chart. */
  words: string;
  /** A self-contained SVG document. */
  svg: string;
}

export interface ReportSection {
  title: string;
  parts: readonly ReportPart[];
}

export interface Report {
  title: string;
  /** One line below the title. */
  about: string;
  sections: readonly ReportSection[];
  charts: readonly ReportChart[];
}

/** What a report is made of. */
export interface ReportInput {
  run: Run;
  /** Sizes of its model, where that is known. */
  facts: KnownFacts | null;
  /** What the dense and this pruned model wrote; null where they wrote nothing. */
  written: { prompt: string; temperature: number; seed: number; dense: string; pruned: string } | null;
  /** Checks of exports of exactly this pruning. */
  checks: readonly ExportedForm[];
  charts: readonly ReportChart[];
  /** The command that does the run again; null where there is none. */
  command: string | null;
  /** SHA-256 of the run's masks as they are in its JSON. */
  masksSha256: string;
  /** As `fingerprintLine` writes it. */
  fingerprint: string;
  /** Version of the program that writes the report. */
  version: string;
  /** When it is written. */
  now: Date;
}

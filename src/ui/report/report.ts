// What a report of a run consists of, as data: reportHtml.ts and reportMarkdown.ts write it.

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

interface ReportSection {
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

// The small parts that sections of a report are made of.
import type { TextRef } from "../../engine/index.ts";
import { titleOf } from "../../shared/texts.ts";
import type { ReportPart } from "./report.ts";

export type Facts = readonly (readonly [label: string, value: string])[];

export const facts = (rows: Facts): ReportPart => ({ kind: "facts", rows });

export const minutes = (iso: string): string => `${iso.slice(0, 16).replace("T", " ")} UTC`;

/** Every setting under its name in files, links and receipts. */
export const settingRows = (settings: object): Facts =>
  Object.entries(settings).map(([name, value]) => [name, String(value)] as const);

export const textName = (text: TextRef): string => {
  const title = titleOf(text);
  return title === text.name ? title : `${title} (${text.name})`;
};

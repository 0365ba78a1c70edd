// A report as Markdown: everything but the charts, whose numbers are in its tables. Text from outside is escaped.
import { oneLine } from "../../engine/index.ts";
import type { Report, ReportPart } from "./report.ts";

/** A fence that the text does not contain. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}

const line = (cells: readonly string[]): string => `| ${cells.map(oneLine).join(" | ")} |`;

function partMarkdown(part: ReportPart): string {
  switch (part.kind) {
    case "facts":
      return part.rows.map(([label, value]) => `- ${oneLine(label)}: ${oneLine(value)}`).join("\n");
    case "table":
      return [line(part.head), line(part.head.map(() => "---")), ...part.rows.map(line)].join("\n");
    case "quote":
      return `${oneLine(part.label)}:\n\n${fenced(part.text)}`;
    case "note":
      return oneLine(part.text);
  }
}

/** The file's text. */
export function reportMarkdown({ title, about, sections, charts }: Report): string {
  const names = charts.map((chart) => chart.title).join(", ");
  return [
    `# ${oneLine(title)}`,
    oneLine(about),
    ...sections.flatMap((section) => [`## ${oneLine(section.title)}`, ...section.parts.map(partMarkdown)]),
    ...(names === "" ? [] : [`The HTML report also has the charts: ${oneLine(names)}.`]),
    "",
  ].join("\n\n");
}

// A report as one HTML file that needs no other file, no script and no network. Every text from outside is escaped.
import { escapedMarkup } from "../../shared/escapedMarkup.ts";
import type { Report, ReportChart, ReportPart } from "./report.ts";

/** The file may show pictures that it contains, and its own style; nothing else, whatever a name in it says. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const STYLE = `
:root { color-scheme: light; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; background: #fbfaf5; color: #22251f; font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font: 600 1.7rem/1.25 Georgia, serif; margin: 0; }
h2 { font: 600 1.2rem/1.3 Georgia, serif; margin: 2.2rem 0 0.5rem; padding-top: 0.7rem; border-top: 1px solid #a9ab9c; }
p { margin: 0.4rem 0; }
.about, figcaption { color: #5c6056; }
figure { margin: 1.2rem 0; }
figcaption { font-size: 0.85rem; }
img { display: block; max-width: 100%; height: auto; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.87rem; }
th, td { padding: 0.2rem 0.9rem 0.2rem 0; border-bottom: 1px solid #e7e4d8; text-align: left; vertical-align: top; }
dl { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: 0.15rem 1.2rem; margin: 0.4rem 0; }
dt { color: #5c6056; }
dd { margin: 0; }
pre { margin: 0.2rem 0 1rem; padding: 0.6rem 0.8rem; background: #f1eee2; font: 0.87rem/1.5 ui-monospace, monospace; white-space: pre-wrap; }
@media print { body { margin: 0; } h2 { break-after: avoid; } figure, tr { break-inside: avoid; } }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: 0.4rem; } }
`;

const element = (tag: string, text: string): string => `<${tag}>${escapedMarkup(text)}</${tag}>`;

function tableHtml(name: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const heads = head.map((text) => `<th scope="col">${escapedMarkup(text)}</th>`).join("");
  const lines = rows.map(([first = "", ...cells]) => {
    return `<tr><th scope="row">${escapedMarkup(first)}</th>${cells.map((cell) => element("td", cell)).join("")}</tr>`;
  });
  // a region that scrolls sideways has to be reachable by keyboard
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapedMarkup(name)}"><table>
<thead><tr>${heads}</tr></thead>
<tbody>
${lines.join("\n")}
</tbody></table></div>`;
}

/** section: its title, the accessible name of a table. */
function partHtml(section: string, part: ReportPart): string {
  switch (part.kind) {
    case "facts":
      return `<dl>\n${part.rows.map(([label, value]) => `${element("dt", label)}${element("dd", value)}`).join("\n")}\n</dl>`;
    case "table":
      return tableHtml(section, part.head, part.rows);
    case "quote":
      return `${element("p", part.label)}\n${element("pre", part.text)}`;
    case "note":
      return element("p", part.text);
  }
}

/** As an image, not inline: a browser runs nothing in images, and ids of two charts cannot meet. */
const chartHtml = ({ title, caption, words, svg }: ReportChart): string => `<figure>
<img alt="${escapedMarkup(words)}" src="data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}" />
<figcaption><strong>${escapedMarkup(title)}.</strong> ${escapedMarkup(caption)}</figcaption>
</figure>`;

/** The file's text. */
export function reportHtml({ title, about, sections, charts }: Report): string {
  const [first, ...others] = sections.map(
    (section) =>
      `<section>\n${element("h2", section.title)}\n${section.parts.map((part) => partHtml(section.title, part)).join("\n")}\n</section>`,
  );
  const pictures =
    charts.length > 0 ? [`<section>\n${element("h2", "Charts")}\n${charts.map(chartHtml).join("\n")}\n</section>`] : [];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta http-equiv="Content-Security-Policy" content="${POLICY}" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
${element("title", title)}
<style>${STYLE}</style>
</head>
<body>
<main>
${element("h1", title)}
<p class="about">${escapedMarkup(about)}</p>
${[first, ...pictures, ...others].join("\n")}
</main>
</body>
</html>
`;
}

// An SVG as the text of a snapshot: an element per line, attributes sorted, numbers to 0.1 px, long paths broken.

const LINE_CHARACTERS = 110;

/** "12.3456" -> "12.3"; whole numbers stay. */
const rounded = (text: string): string =>
  text.replace(/-?\d+\.\d+/g, (number) => String(Math.round(Number(number) * 10) / 10));

/** Path data, broken before commands. */
function wrapped(path: string, indent: string): string {
  const lines: string[] = [];
  let line = "";
  for (const command of path.split(/(?=[A-Za-z])/)) {
    if (line.length + command.length > LINE_CHARACTERS) {
      lines.push(line);
      line = "";
    }
    line += command;
  }
  return [...lines, line].filter(Boolean).join(`\n${indent}    `);
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** The element and its children, indented by depth. */
function svgText(element: Element, indent = ""): string {
  const { tagName } = element;
  const attributes = Array.from(element.attributes, ({ name, value }) => {
    const short = escaped(rounded(value));
    return ` ${name}="${name === "d" ? wrapped(short, indent) : short}"`;
  });
  const open = `${indent}<${tagName}${attributes.sort().join("")}`;
  const children = Array.from(element.children, (child) => svgText(child, `${indent}  `));
  if (children.length > 0) return [`${open}>`, ...children, `${indent}</${tagName}>`].join("\n");
  const text = element.textContent;
  return text === "" ? `${open} />` : `${open}>${escaped(text)}</${tagName}>`;
}

/** A snapshot's file. The style sheet makes it look like the chart where a browser opens the file. */
export function snapshotText(svg: Element, notes: Readonly<Record<string, string>>): string {
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  svg.setAttribute("class", "chart");
  const lines = Object.entries(notes).map(([name, text]) => `<!-- ${name}: ${escaped(text)} -->`);
  return `<?xml-stylesheet href="../../charts.css"?>\n${[...lines, svgText(svg)].join("\n")}\n`;
}

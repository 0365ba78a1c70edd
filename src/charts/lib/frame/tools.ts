// Buttons above a chart, for what a pointer does by wheel and drag.
import { createElement, type IconNode } from "lucide";

interface Tool {
  face: string | IconNode;
  /** Accessible name. */
  label: string;
  run(): void;
}

/** Adds a row of buttons above the chart in `node`; the returned function removes it. */
export function createTools(node: HTMLElement, tools: readonly Tool[]): () => void {
  const row = node.ownerDocument.createElement("div");
  row.className = "chart-tools";
  for (const { face, label, run } of tools) {
    const button = node.ownerDocument.createElement("button");
    button.type = "button";
    button.append(typeof face === "string" ? face : createElement(face, { class: "icon", "aria-hidden": "true" }));
    button.setAttribute("aria-label", label);
    button.addEventListener("click", run);
    row.append(button);
  }
  node.prepend(row);
  return () => row.remove();
}

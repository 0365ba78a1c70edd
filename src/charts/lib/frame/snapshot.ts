// A chart as a self-contained SVG document: styles inlined, canvases embedded as images.
import { textMeasurer } from "./measure.ts";

/** Presentation attributes that a saved SVG needs, and the value of each that can be left out. */
const INLINED: Readonly<Record<string, string>> = {
  fill: "",
  stroke: "none",
  "stroke-width": "1px",
  "stroke-dasharray": "none",
  "stroke-linecap": "butt",
  "stroke-linejoin": "miter",
  "fill-opacity": "1",
  "stroke-opacity": "1",
  opacity: "1",
  "shape-rendering": "auto",
};
const TEXT_INLINED = ["font-family", "font-size", "font-weight", "font-variant-numeric", "text-anchor"];
/** Height of the title's line, and of each line of its caption. */
const TITLE_PX = 24;
const CAPTION_PX = 15;
/** Empty border of a saved chart. */
const PAD_PX = 12;
const SVG_NS = "http://www.w3.org/2000/svg";

/**
 * The plot as an SVG document that needs no other file, without cursor and flashes. The accessible name becomes its <title>.
 * @param title drawn above the chart where given; its lines after the first are a caption, which is wrapped to the width of the chart
 */
export function snapshot(plot: HTMLElement, title?: string): string {
  const source = plot.querySelector("svg");
  if (!source) throw new Error("plot: expected an SVG in it, got none; pass the element that the chart was made in");
  const copy = styledCopy(source);
  const { width, height } = source.viewBox.baseVal;
  const [heading = "", ...caption] = wrapped(title ?? "", width, textMeasurer(plot));
  const head = title === undefined ? 0 : TITLE_PX + CAPTION_PX * caption.length;
  const box = { x: -PAD_PX, y: -PAD_PX - head, width: width + 2 * PAD_PX, height: height + 2 * PAD_PX + head };
  copy.setAttribute("xmlns", SVG_NS);
  copy.removeAttribute("aria-hidden");
  copy.setAttribute("width", String(box.width));
  copy.setAttribute("height", String(box.height));
  copy.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${box.height}`);
  const { backgroundColor, color, fontFamily } = getComputedStyle(plot);
  const font = { fill: color, "font-family": fontFamily };
  const lines = [
    svgElement(plot, "text", { x: 0, y: 14 - head, ...font, "font-size": 14, "font-weight": 600 }, heading),
    ...caption.map((line, i) => {
      return svgElement(plot, "text", { x: 0, y: 14 - head + CAPTION_PX * (i + 1), ...font, "font-size": 11 }, line);
    }),
  ];
  copy.prepend(
    svgElement(plot, "title", {}, plot.getAttribute("aria-label") ?? ""),
    svgElement(plot, "rect", { ...box, fill: backgroundColor }),
    ...(title === undefined ? [] : lines),
    ...canvasImages(plot),
  );
  return new XMLSerializer().serializeToString(copy);
}

/** The title, and its caption in lines of at most `width` pixels in the charts' font, broken between words. */
function wrapped(title: string, width: number, measure: (text: string) => number): string[] {
  const [heading = "", ...rest] = title.split("\n");
  const lines: string[] = [];
  for (const word of rest.join(" ").split(" ").filter(Boolean)) {
    const longer = `${lines.at(-1) ?? ""} ${word}`;
    if (lines.length > 0 && measure(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return [heading, ...lines];
}

/** A copy with computed styles as attributes, without the cursor's marks. */
function styledCopy(source: SVGSVGElement): SVGSVGElement {
  const copy = source.cloneNode(true) as SVGSVGElement;
  inlineStyles(source, copy);
  // classes are gone from the copy, so the source says which elements belong to the cursor
  const copied = copy.querySelectorAll("*");
  source.querySelectorAll("*").forEach((element, i) => {
    if (element.classList.contains("chart-cursor")) copied[i]?.remove();
  });
  return copy;
}

function inlineStyles(from: Element, to: Element): void {
  const style = getComputedStyle(from);
  const text = from.tagName === "text" || from.tagName === "tspan";
  to.removeAttribute("style");
  to.removeAttribute("class");
  if (from.tagName !== "g" && from.tagName !== "svg")
    for (const [name, plain] of Object.entries(INLINED)) {
      const value = style.getPropertyValue(name);
      if (value === plain) to.removeAttribute(name);
      else to.setAttribute(name, value);
    }
  else if (style.opacity !== "1") to.setAttribute("opacity", style.opacity);
  if (text) for (const name of TEXT_INLINED) to.setAttribute(name, style.getPropertyValue(name));
  Array.from(from.children).forEach((child, i) => inlineStyles(child, to.children[i] as Element));
}

function svgElement(
  plot: HTMLElement,
  tag: string,
  attributes: Readonly<Record<string, string | number>>,
  text = "",
): Element {
  const element = plot.ownerDocument.createElementNS(SVG_NS, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.textContent = text;
  return element;
}

/** The plot's canvases as images at their places. */
function canvasImages(plot: HTMLElement): Element[] {
  const canvases = [...plot.querySelectorAll<HTMLCanvasElement>("canvas:not(.chart-flash)")];
  return canvases
    .filter(({ width, height }) => width > 0 && height > 0)
    .map((canvas) => {
      const { offsetLeft: x, offsetTop: y, offsetWidth: width, offsetHeight: height } = canvas;
      const fit = { preserveAspectRatio: "none", style: "image-rendering: pixelated" };
      return svgElement(plot, "image", { x, y, width, height, ...fit, href: canvas.toDataURL("image/png") });
    });
}

// Charts as files: a self-contained SVG, with its styles inlined and its canvases embedded, and a PNG of it.

/** Presentation attributes that a saved SVG needs, and the values it may leave out. */
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
const TITLE_PX = 24;
/** Empty border of a saved chart. */
const PAD_PX = 12;
const SVG_NS = "http://www.w3.org/2000/svg";

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

/**
 * The plot as an SVG document that needs no other file: computed styles as attributes, each canvas as an embedded image, without cursor
 * and flash. The accessible name becomes its <title>.
 * @param title drawn above the chart where given
 */
export function snapshot(plot: HTMLElement, title?: string): string {
  const source = plot.querySelector("svg");
  if (!source)
    throw new Error("expected a chart's plot with an SVG in it, got none; pass the element the chart was made in");
  const copy = source.cloneNode(true) as SVGSVGElement;
  inlineStyles(source, copy);
  Array.from(source.querySelectorAll("*")).forEach((element, i) => {
    if (element.classList.contains("chart-cursor")) copy.querySelectorAll("*")[i]?.setAttribute("data-drop", "");
  });
  for (const element of copy.querySelectorAll("[data-drop]")) element.remove();
  const { width, height } = source.viewBox.baseVal;
  const head = title === undefined ? 0 : TITLE_PX;
  const box = { x: -PAD_PX, y: -PAD_PX - head, width: width + 2 * PAD_PX, height: height + 2 * PAD_PX + head };
  copy.setAttribute("xmlns", SVG_NS);
  copy.removeAttribute("aria-hidden");
  copy.setAttribute("width", String(box.width));
  copy.setAttribute("height", String(box.height));
  copy.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${box.height}`);

  const add = (tag: string, attributes: Record<string, string | number>, text = ""): Element => {
    const element = plot.ownerDocument.createElementNS(SVG_NS, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    element.textContent = text;
    return element;
  };
  const style = getComputedStyle(plot);
  const first: Element[] = [
    add("title", {}, plot.getAttribute("aria-label") ?? ""),
    add("rect", { ...box, fill: style.backgroundColor }),
  ];
  if (title !== undefined)
    first.push(
      add(
        "text",
        { x: 0, y: -10, fill: style.color, "font-family": style.fontFamily, "font-size": 14, "font-weight": 600 },
        title,
      ),
    );
  for (const canvas of plot.querySelectorAll<HTMLCanvasElement>("canvas:not(.chart-flash)")) {
    if (canvas.width === 0 || canvas.height === 0) continue;
    const place = { x: canvas.offsetLeft, y: canvas.offsetTop, width: canvas.offsetWidth, height: canvas.offsetHeight };
    const fit = { preserveAspectRatio: "none", style: "image-rendering: pixelated" };
    first.push(add("image", { ...place, ...fit, href: canvas.toDataURL("image/png") }));
  }
  copy.prepend(...first);
  return new XMLSerializer().serializeToString(copy);
}

/** An SVG document as a PNG, `scale` device pixels to a CSS pixel. Rejects where the browser cannot draw the SVG. */
export async function pngOf(svg: string, scale = 2): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.width * scale);
  canvas.height = Math.round(image.height * scale);
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob) resolve(blob);
      else
        reject(new Error(`expected a PNG of ${canvas.width} x ${canvas.height} pixels, got none; try a smaller scale`));
    }, "image/png");
  });
}

/** Hands a blob to the person as a file. */
export function saveFile(blob: Blob, fileName: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Saves a chart as `stem`.svg. */
export function saveSvg(chart: { svg(title?: string): string }, stem: string, title?: string): void {
  saveFile(new Blob([chart.svg(title)], { type: "image/svg+xml" }), `${stem}.svg`);
}

/** Saves a chart as `stem`.png, twice its size on the screen. */
export async function savePng(chart: { svg(title?: string): string }, stem: string, title?: string): Promise<void> {
  saveFile(await pngOf(chart.svg(title)), `${stem}.png`);
}

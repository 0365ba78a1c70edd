// @vitest-environment happy-dom
// Each chart's SVG on fixed data, as a file: a changed chart shows as a diff. Canvases are tested where their pixels are computed.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as charts from "../index.ts";
import { CHARTS } from "./charts.fixture.ts";
import { snapshotText } from "./svgText.fixture.ts";

const WIDTH_PX = 640;
const NOT_CHARTS = [
  ...[
    "classesOf",
    "comparedMasks",
    "DIMENSION_ORDERS",
    "jaccard",
    "mapBrush",
    "mapZoom",
    "saveFile",
    "savePng",
    "saveSvg",
    "stepLink",
    "weightsOfClass",
  ],
];

const widthBefore = Object.getOwnPropertyDescriptor(HTMLElement.prototype, "clientWidth");
beforeAll(() => {
  Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, get: () => WIDTH_PX });
});
afterAll(() => {
  if (widthBefore) Object.defineProperty(HTMLElement.prototype, "clientWidth", widthBefore);
});

/** The chart with the cursor one step from where a keyboard starts: its name, what is said there, and the SVG. */
function recorded(chart: (typeof CHARTS)[number]): string {
  const node = document.createElement("div");
  document.body.append(node);
  const { destroy } = chart.draw(node, "snapshot");
  const plot = node.querySelector<HTMLElement>("[role=img]");
  const svg = plot?.querySelector("svg");
  if (!plot || !svg) throw new Error(`expected a plot with an SVG from ${chart.name}, got ${node.innerHTML}`);
  for (let i = 0; i < 2; i += 1) plot.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
  const said = node.querySelector("[aria-live]")?.textContent ?? "";
  const text = snapshotText(svg, { name: plot.getAttribute("aria-label") ?? "", said });
  destroy();
  expect(node.childElementCount).toBe(0);
  node.remove();
  return text;
}

describe("snapshots", () => {
  it.each(CHARTS.map((chart) => [chart.name, chart] as const))("%s", async (name, chart) => {
    await expect(recorded(chart)).toMatchFileSnapshot(`snapshots/${name}.svg`);
  });

  it("are of every chart", () => {
    const drawn = CHARTS.map(({ name }) => name.split("-")[0]);
    const made = Object.keys(charts).filter((name) => !NOT_CHARTS.includes(name));
    expect([...new Set(drawn)].sort()).toEqual(made.sort());
  });
});

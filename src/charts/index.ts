// The charts of the studio: each is f(node, options) -> { update(data), destroy(), svg(title?) }.
export { curves } from "./curves.ts";
export type { CurvesOptions } from "./curves.ts";
export type { Chart } from "./frame.ts";
export type { GateData } from "./gateImage.ts";
export { gateMap } from "./gateMap.ts";
export type { GateMapOptions } from "./gateMap.ts";
export { keptShare } from "./keptShare.ts";
export type { KeptShareOptions } from "./keptShare.ts";
export { stepLink } from "./runChart.ts";
export type { RunData, StepLink } from "./runChart.ts";
export { download, pngOf, savePng, saveSvg } from "./save.ts";
export { VECTORS } from "./vectors.ts";
export { widths } from "./widths.ts";
export type { WidthsData } from "./widths.ts";

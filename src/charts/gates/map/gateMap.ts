// Fig. 4 of DISP-LLM (arXiv 2410.11988): every s1, s2, s3, s5 of every block by embedding dimension, kept and pruned, drawn live.
import { percent, whole } from "../../../shared/format.ts";
import { createCursor } from "../../lib/cursor.ts";
import { addText } from "../../lib/axes.ts";
import { createFrame } from "../../lib/frame.ts";
import type { Chart } from "../../lib/frame.ts";
import { GateCanvas } from "./gateCanvas.ts";
import { GateImage } from "./gateImage.ts";
import type { GateData, GatePass } from "./gateImage.ts";
import { dimensionAtX, mapLayout, rowAtY, rowTop } from "./mapLayout.ts";
import type { MapLayout } from "./mapLayout.ts";
import { createRowBars, drawRowLabels } from "./rowsGeometry.ts";
import { createStrip } from "./stripGeometry.ts";
import { gateTip } from "./gateTip.ts";
import type { GatePlace } from "./gateTip.ts";
import { COMPARED_LEGEND, COMPARED_NAMES, comparedPixels, KEPT_LEGEND } from "./comparedPixels.ts";
import { drawLegend } from "../../lib/legend.ts";
import { boxOf, dimensionProfile, rate } from "../../lib/numbers/rates.ts";
import { rowOf } from "../../lib/numbers/vectors.ts";

export interface GateMapOptions {
  /** Mark gates that have just changed for a moment; never where the person asked for less motion. Default true. */
  flash?: boolean;
}

/** Least width of a column of the strip below the map, CSS pixels. */
const STRIP_COLUMN_PX = 2;

/** Draws the map into `node`. Cheap enough for ten updates a second; masks are read at each update and at each hover. */
export function gateMap(node: HTMLElement, options: GateMapOptions = {}): Chart<GateData> {
  let data: GateData | null = null;
  let pass: GatePass | null = null;
  let layout: MapLayout | null = null;
  const image = new GateImage();

  const frame = createFrame(node, "gate-map", (width) => {
    if (!data) return 0;
    const perPixel = data.dModel / mapLayout(width, data.layers, 0).plotWidth;
    const blend = perPixel > 1 ? [{ label: `1 px ≈ ${perPixel.toFixed(1)} dimensions (mean)` }] : [];
    const items = [
      ...(data.compared ? COMPARED_LEGEND : KEPT_LEGEND),
      { label: "rows of a block: s1, s2, s3, s5" },
      ...blend,
    ];
    const headPx = drawLegend(legend, items, 0, 0, width - (data.compared ? 180 : 130)) + 6;
    layout = mapLayout(width, data.layers, headPx);
    total.attr("x", width - 1);
    canvas.layout(layout, frame.plot);
    drawRowLabels(labels, layout);
    bars.layout(layout);
    strip.layout(layout, data.dModel);
    draw();
    return layout.height;
  });
  const legend = frame.svg.append("g");
  const labels = frame.svg.append("g");
  const bars = createRowBars(frame.svg.append("g"));
  const strip = createStrip(frame.svg.append("g"));
  const total = addText(frame.svg.append("g"), 0, 11, "", { anchor: "end", className: "chart-strong" });
  const mark = frame.svg.append("g").attr("class", "chart-cursor").style("display", "none");
  const halo = mark.append("path").attr("class", "chart-cursor chart-halo");
  const markRow = mark.append("path").attr("class", "chart-cursor");
  const markColumn = mark.append("path").attr("class", "chart-cursor").style("stroke-opacity", 0.55);
  const canvas = new GateCanvas(frame, options.flash ?? true);

  function draw(): void {
    if (!data || !layout) return;
    pass = image.update(data, canvas.columns, canvas.heatLeft());
    if (data.compared) canvas.paintPixels(pass, comparedPixels(data.compared, pass, data.dModel, frame.plot));
    else canvas.paint(pass, data.fade ?? false);
    const { rows, rowKept, dimKept } = pass;
    const box = boxOf(dimKept, rows);
    bars.update(rowKept, data.dModel);
    strip.update(dimensionProfile(dimKept, rows, layout.plotWidth / STRIP_COLUMN_PX), box);
    const kept = rate(
      rowKept.reduce((sum, n) => sum + n, 0),
      rows * data.dModel,
    );
    const by = data.compared ? " by both" : "";
    total.text(`${percent(kept)} of gates kept${by}`);
    frame.label(
      `Gate map of ${data.layers} blocks by ${whole(data.dModel)} embedding dimensions: ${percent(kept)} of ` +
        `${whole(rows * data.dModel)} gates kept${by}. Kept rate of a dimension over depth: median ${percent(box.median)}, ` +
        `from ${percent(box.min)} to ${percent(box.max)}.`,
    );
    cursor.refresh();
  }

  const cursor = createCursor<GatePlace>(frame, {
    locate(x, y) {
      if (!layout || !data) return null;
      const row = rowAtY(layout, y);
      const dimension = dimensionAtX(layout, x, data.dModel);
      const inStrip = y >= layout.stripTop && y <= layout.stripTop + layout.stripHeight;
      if (row >= 0 && (dimension >= 0 || x >= layout.sideLeft)) return { row, dimension };
      return inStrip && dimension >= 0 ? { row: -1, dimension } : null;
    },
    move(at, dx, dy) {
      if (!data || !pass) return null;
      const inside = (v: number, size: number): number => Math.max(0, Math.min(size - 1, v));
      if (!at) return { row: 0, dimension: 0 };
      return { row: inside(at.row + dy, pass.rows), dimension: inside(at.dimension + dx, data.dModel) };
    },
    show(at) {
      mark.style("display", at ? "" : "none");
      if (!at || !data || !pass || !layout) return null;
      const { left, plotWidth, rowPx, stripTop, stripHeight, top, sideLeft } = layout;
      const { row, dimension } = at;
      const x = dimension < 0 ? sideLeft : left + ((dimension + 0.5) * plotWidth) / data.dModel;
      const y = row < 0 ? stripTop : rowTop(layout, row);
      const box = `M${left - 1.5},${y - 1.5}h${plotWidth + 3}v${rowPx + 3}h${-plotWidth - 3}z`;
      for (const outline of [halo, markRow]) outline.attr("d", row < 0 ? "" : box);
      markColumn.attr("d", dimension < 0 ? "" : `M${x},${top}V${stripTop + stripHeight}`);
      const tip = gateTip(data, pass, at);
      const who = row < 0 || dimension < 0 ? undefined : data.compared?.[rowOf(row).mask]?.[dimension];
      if (who === undefined) return { x, y: y + rowPx, tip };
      const rows = [{ label: "kept by", value: COMPARED_NAMES[who] ?? "" }, ...tip.rows.slice(1)];
      return { x, y: y + rowPx, tip: { ...tip, rows } };
    },
  });

  return {
    update(next) {
      const same = data?.layers === next.layers && data.dModel === next.dModel && layout !== null;
      data = next;
      if (same) draw();
      else frame.relayout();
    },
    destroy: () => frame.destroy(),
    svg: (title) => frame.snapshot(title),
  };
}

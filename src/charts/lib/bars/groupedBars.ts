// Kept rates as grouped bars, block by block.
import { percent, whole } from "../../../shared/format.ts";
import { scaleLinear } from "d3";
import { addText, drawAxis } from "../axes.ts";
import { createCursor } from "../cursor.ts";
import { createFrame } from "../frame.ts";
import type { Chart } from "../frame.ts";
import { drawLegend } from "../legend.ts";
import { columnSums, rate } from "../numbers/rates.ts";
import { FADE_MS, reducedMotion } from "../theme.ts";
import { barAt, barLeft, barsLayout } from "./barsLayout.ts";
import type { BarsLayout } from "./barsLayout.ts";

/** What is kept and what there is: [block][bar]. */
export interface BarsData {
  kept: readonly (readonly number[])[];
  size: readonly (readonly number[])[];
  /** Bars grow and shrink from what they were; not where less motion is asked for. */
  fade?: boolean;
}

/** One bar of each block. */
export interface BarKind {
  name: string;
  meaning: string;
  /** What a tip's title says of it. */
  long: string;
  colour: string;
}

interface At {
  block: number;
  k: number;
}

/**
 * Draws the bars into `node`; blocks that do not fit side by side continue in a second row.
 * @param words what the accessible name calls it, for a number of blocks
 */
export function groupedBars(
  node: HTMLElement,
  kind: string,
  kinds: readonly BarKind[],
  words: (blocks: number) => string,
): Chart<BarsData> {
  let data: BarsData | null = null;
  let layout: BarsLayout | null = null;
  let blocks = 0;

  const frame = createFrame(node, kind, (width) => {
    if (!data) return 0;
    const items = kinds.map(({ name, meaning, colour }) => ({ label: `${name} ${meaning}`.trim(), colour }));
    const headPx = drawLegend(legend, items, 0, 0, width) + 10;
    layout = barsLayout(width, blocks, headPx, kinds.length);
    drawFurniture(layout);
    draw(false);
    return layout.height;
  });
  const legend = frame.svg.append("g");
  const furniture = frame.svg.append("g");
  const track = frame.svg.append("path").style("fill", "var(--chart-pruned)");
  const bars = kinds.map(({ colour }) => frame.svg.append("path").style("fill", `var(${colour})`));
  const mark = frame.svg.append("rect").attr("class", "chart-cursor").style("display", "none");

  function drawFurniture({ left, plotWidth, bandPx, rows, perRow, rowPx, top, barsPx }: BarsLayout): void {
    furniture.selectAll("*").remove();
    const every = [1, 2, 4, 8].find((n) => n * bandPx >= 18) ?? 16;
    for (let r = 0; r < rows; r += 1) {
      const bottom = top + r * rowPx + barsPx;
      const y = scaleLinear([0, 1], [bottom, bottom - barsPx]);
      const asPercent = (v: number): string => `${v * 100}${v === 1 ? " %" : ""}`;
      drawAxis(furniture.append("g"), y, {
        side: "left",
        x: left,
        ticks: [0, 0.5, 1],
        format: asPercent,
        grid: plotWidth,
      });
      addText(furniture, left - 6, bottom + 14, "block", { anchor: "end" });
      for (let block = r * perRow; block < Math.min(blocks, (r + 1) * perRow); block += every)
        addText(furniture, left + (block - r * perRow + 0.5) * bandPx, bottom + 14, String(block), {
          anchor: "middle",
          className: "chart-strong",
        });
    }
  }

  function path(k: number, share: (block: number) => number): string {
    if (!layout) return "";
    let d = "";
    for (let block = 0; block < blocks; block += 1) {
      const { x, bottom } = barLeft(layout, block, k);
      const height = Math.round(share(block) * layout.barsPx * 10) / 10;
      d += `M${x},${bottom}v${-height}h${layout.barPx}v${height}z`;
    }
    return d;
  }

  function draw(fade: boolean): void {
    if (!data || !layout) return;
    const { kept, size } = data;
    const share = (block: number, k: number): number => rate(kept[block]?.[k] ?? 0, size[block]?.[k] ?? 0);
    track.attr("d", kinds.map((_, k) => path(k, (block) => (share(block, k) < 1 ? 1 : 0))).join(""));
    bars.forEach((bar, k) => {
      const d = path(k, (block) => share(block, k));
      bar.interrupt();
      if (fade) bar.transition().duration(FADE_MS).attr("d", d);
      else bar.attr("d", d);
    });
    const [sums, sizes] = [columnSums(kept, kinds.length), columnSums(size, kinds.length)];
    const means = kinds.map(
      ({ name, meaning }, k) => `${`${name} ${meaning}`.trim()} ${percent(rate(sums[k] ?? 0, sizes[k] ?? 0))}`,
    );
    frame.label(`${words(blocks)} Over all blocks: ${means.join(", ")}.`);
    cursor.refresh();
  }

  const cursor = createCursor<At>(frame, {
    locate: (x, y) => (layout ? barAt(layout, blocks, x, y) : null),
    move(at, dx, dy) {
      if (!at) return { block: 0, k: 0 };
      const last = blocks * kinds.length - 1;
      const next = at.block * kinds.length + at.k + dx + (dy === 0 ? 0 : dy * kinds.length);
      const to = Math.max(0, Math.min(last, next));
      return { block: Math.floor(to / kinds.length), k: to % kinds.length };
    },
    show(at) {
      mark.style("display", at ? "" : "none");
      if (!at || !data || !layout) return null;
      const { x, bottom } = barLeft(layout, at.block, at.k);
      const { barPx, barsPx } = layout;
      mark
        .attr("x", x - 0.5)
        .attr("width", barPx + 1)
        .attr("y", bottom - barsPx - 0.5)
        .attr("height", barsPx + 1);
      const { kept, size } = data;
      const rows = kinds.map(({ name, meaning, colour }, k) => {
        const [n, of] = [kept[at.block]?.[k] ?? 0, size[at.block]?.[k] ?? 0];
        const value = `${percent(rate(n, of))} (${whole(n)} of ${whole(of)})`;
        return { label: `${k === at.k ? "▸ " : ""}${name} ${meaning}`.trim(), value, colour };
      });
      const chosen = kinds[at.k];
      const title = `block ${at.block}, ${chosen ? `${chosen.name} (${chosen.long})` : ""}`;
      return { x: x + barPx, y: bottom - barsPx / 2, tip: { title, rows } };
    },
  });

  return {
    update(next) {
      const same = next.kept.length === blocks && layout !== null;
      data = next;
      blocks = next.kept.length;
      if (same) draw((next.fade ?? false) && !reducedMotion());
      else frame.relayout();
    },
    destroy: () => frame.destroy(),
    svg: (title) => frame.snapshot(title),
  };
}

// Fig. 6 of DISP-LLM (arXiv 2410.11988): kept rate of s1..s5 as grouped bars, block by block.
import { scaleLinear } from "d3";
import { addText, drawAxis } from "./axes.ts";
import { createCursor } from "./cursor.ts";
import { createFrame } from "./frame.ts";
import type { Chart } from "./frame.ts";
import { drawLegend } from "./legend.ts";
import { columnSums, percent, rate, whole } from "./rates.ts";
import { VECTORS, VECTORS_PER_BLOCK, vectorAt } from "./vectors.ts";
import { barAt, barLeft, widthsLayout } from "./widthsLayout.ts";
import type { WidthsLayout } from "./widthsLayout.ts";

/** Gates kept and gates there are: [block][s1..s5]. */
export interface WidthsData {
  kept: readonly (readonly number[])[];
  size: readonly (readonly number[])[];
}

interface At {
  block: number;
  k: number;
}

/** Draws the bars into `node`; blocks that do not fit side by side continue in a second row. */
export function widths(node: HTMLElement): Chart<WidthsData> {
  let data: WidthsData | null = null;
  let layout: WidthsLayout | null = null;
  let blocks = 0;

  const frame = createFrame(node, "widths", (width) => {
    if (!data) return 0;
    const items = VECTORS.map(({ name, meaning, colour }) => ({ label: `${name} ${meaning}`, colour }));
    const headPx = drawLegend(legend, items, 0, 0, width) + 10;
    layout = widthsLayout(width, blocks, headPx);
    drawFurniture(layout);
    draw();
    return layout.height;
  });
  const legend = frame.svg.append("g");
  const furniture = frame.svg.append("g");
  const track = frame.svg.append("path").style("fill", "var(--chart-pruned)");
  const bars = VECTORS.map(({ colour }) => frame.svg.append("path").style("fill", `var(${colour})`));
  const mark = frame.svg.append("rect").attr("class", "chart-cursor").style("display", "none");

  function drawFurniture({ left, plotWidth, bandPx, rows, perRow, rowPx, top, barsPx }: WidthsLayout): void {
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

  function draw(): void {
    if (!data || !layout) return;
    const { kept, size } = data;
    const share = (block: number, k: number): number => rate(kept[block]?.[k] ?? 0, size[block]?.[k] ?? 0);
    track.attr("d", VECTORS.map((_, k) => path(k, (block) => (share(block, k) < 1 ? 1 : 0))).join(""));
    bars.forEach((bar, k) =>
      bar.attr(
        "d",
        path(k, (block) => share(block, k)),
      ),
    );
    const [sums, sizes] = [columnSums(kept, VECTORS_PER_BLOCK), columnSums(size, VECTORS_PER_BLOCK)];
    const means = VECTORS.map(
      ({ name, meaning }, k) => `${name} ${meaning} ${percent(rate(sums[k] ?? 0, sizes[k] ?? 0))}`,
    );
    frame.label(`Kept rate of the five selection vectors in ${blocks} blocks. Over all blocks: ${means.join(", ")}.`);
    cursor.refresh();
  }

  const cursor = createCursor<At>(frame, {
    locate: (x, y) => (layout ? barAt(layout, blocks, x, y) : null),
    move(at, dx, dy) {
      if (!at) return { block: 0, k: 0 };
      const last = blocks * VECTORS_PER_BLOCK - 1;
      const next = at.block * VECTORS_PER_BLOCK + at.k + dx + (dy === 0 ? 0 : dy * VECTORS_PER_BLOCK);
      const to = Math.max(0, Math.min(last, next));
      return { block: Math.floor(to / VECTORS_PER_BLOCK), k: to % VECTORS_PER_BLOCK };
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
      const rows = VECTORS.map(({ name, meaning, colour }, k) => {
        const [n, of] = [kept[at.block]?.[k] ?? 0, size[at.block]?.[k] ?? 0];
        const value = `${percent(rate(n, of))} (${whole(n)} of ${whole(of)})`;
        return { label: `${k === at.k ? "▸ " : ""}${name} ${meaning}`, value, colour };
      });
      const chosen = vectorAt(at.k);
      const title = `block ${at.block}, ${chosen.name} (${chosen.long})`;
      return { x: x + barPx, y: bottom - barsPx / 2, tip: { title, rows } };
    },
  });

  return {
    update(next) {
      const same = next.kept.length === blocks && layout !== null;
      data = next;
      blocks = next.kept.length;
      if (same) draw();
      else frame.relayout();
    },
    destroy: () => frame.destroy(),
    svg: (title) => frame.snapshot(title),
  };
}

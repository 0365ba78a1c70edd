// Draws one block with live widths on its wires; up and down go to other blocks.
import { createChart, type Chart } from "../../lib/frame/chart.ts";
import type { Frame } from "../../lib/frame/frame.ts";
import { redrawn } from "../../lib/marks/redraw.ts";
import { drawWords } from "../../lib/marks/words.ts";
import { BLOCK_PLACES, type BlockData, blockGeometry, type BlockGeometry, type WirePlace } from "./blockGeometry.ts";

interface BlockDiagramOptions {
  /** Called when a key goes to another block, which is drawn with the next data. */
  onBlock?: (block: number) => void;
}

/** Draws the block into `node`. */
export function blockDiagram(node: HTMLElement, { onBlock }: BlockDiagramOptions = {}): Chart<BlockData> {
  let shown: number | null = null;
  return createChart<BlockData, BlockGeometry, WirePlace>(node, "block-diagram", (frame) => {
    const draw = createBlock(frame);
    return {
      geometry(data, space) {
        shown = data.block;
        return blockGeometry(data, space);
      },
      draw,
      places: BLOCK_PLACES,
      mark: createWireMark(frame),
      moved(at) {
        if (at && at.block !== shown) onBlock?.(at.block);
      },
    };
  });
}

/** Makes the layers; the returned function draws in them. */
function createBlock({ svg }: Frame): (geometry: BlockGeometry) => void {
  const streams = svg
    .append("path")
    .style("fill", "none")
    .style("stroke", "var(--chart-axis)")
    .style("stroke-width", 1.5);
  const wires = svg.append("g");
  const boxes = svg.append("g");
  const joins = svg.append("path").style("fill", "var(--chart-paper)").style("stroke", "var(--chart-ink)");
  const words = svg.append("g");
  return (geometry) => {
    streams.attr("d", geometry.streams);
    joins.attr("d", geometry.joins);
    redrawn(wires, geometry.wires, (all) => {
      for (const { x, y, length, thick, colour } of all)
        wires
          .append("path")
          .attr("d", `M${x},${y}h${length}`)
          .style("fill", "none")
          .style("stroke", `var(${colour})`)
          .style("stroke-width", thick);
    });
    redrawn(boxes, geometry.boxes, (all) => {
      for (const { x, y, width, height } of all) {
        const box = boxes.append("rect").attr("x", x).attr("y", y).attr("width", width).attr("height", height);
        box.attr("rx", 2).style("fill", "var(--chart-paper)").style("stroke", "var(--chart-axis)");
      }
    });
    drawWords(words, geometry.words);
  };
}

/** A frame around the chosen wire. */
function createWireMark({ svg }: Frame): (geometry: BlockGeometry, at: WirePlace | null) => void {
  const mark = svg.append("rect").attr("class", "chart-cursor").style("display", "none");
  return ({ wires }, at) => {
    const wire = at && wires[at.wire];
    mark.style("display", wire ? "" : "none");
    if (!wire) return;
    mark.attr("x", wire.x + 1).attr("width", wire.length - 2);
    mark.attr("y", wire.y - 8).attr("height", 16);
  };
}

// A block as boxes and wires, after Fig. 2 of DISP-LLM (arXiv 2410.11988): each wire is as thick as the share of it that is kept.
import { percent, whole } from "../../../shared/format.ts";
import type { Geometry, Places } from "../../lib/frame/chart.ts";
import type { Space } from "../../lib/frame/frame.ts";
import type { Tip } from "../../lib/frame/tooltip.ts";
import type { Words } from "../../lib/marks/words.ts";
import { rate } from "../../lib/numbers/rates.ts";
import { clampIndex } from "../../lib/numbers/span.ts";
import { vectorAt } from "../../lib/numbers/vectors.ts";

export interface BlockData {
  /** The block that is drawn. */
  block: number;
  /** Kept widths: [block][s1..s5]. */
  kept: readonly (readonly number[])[];
  /** Full widths of s1 to s5. */
  size: readonly number[];
  /** Query heads times their width, and the same of keys: never pruned. */
  queries: number;
  keys: number;
  /** Whether the MLP has a gate. */
  glu: boolean;
}

/** A wire, and the block that a key has gone to. */
export interface WirePlace {
  wire: number;
  block: number;
}

interface Wire {
  x: number;
  y: number;
  length: number;
  /** Stroke width, CSS pixels. */
  thick: number;
  colour: string;
}

export interface BlockGeometry extends Geometry {
  data: BlockData;
  wires: readonly Wire[];
  boxes: readonly { x: number; y: number; width: number; height: number }[];
  /** Path data: the residual streams and what leaves and joins them; the circles where they join. */
  streams: string;
  joins: string;
  words: readonly Words[];
}

/** Vectors by wire, from left to right and from attention to MLP; null: the heads, which are never pruned. */
const WIRES: readonly (number | null)[] = [0, null, 1, 2, 3, 4];
const THICK_PX = { least: 1, most: 10 };
const BOX_PX = 38;
/** Ends of boxes and wires across the chart, 0..1: box, wire, box, wire, box, wire, join. */
const ACROSS = [0.05, 0.15, 0.34, 0.47, 0.64, 0.75, 0.94] as const;
const JOIN_PX = 8;
/** Where the residual stream and the branch of a row are, from the row's top. */
const ROW_PX = { stream: 26, branch: 84, height: 138 };

const widthOf = ({ kept, size, queries }: BlockData, block: number, wire: number): { kept: number; of: number } => {
  const k = WIRES[wire];
  if (k === null || k === undefined) return { kept: queries, of: queries };
  return { kept: kept[block]?.[k] ?? 0, of: size[k] ?? 0 };
};

/** Lays a block out: attention above, the MLP below. */
export function blockGeometry(data: BlockData, { width }: Space): BlockGeometry {
  const { block, glu } = data;
  const at = (share: number): number => Math.round(share * width);
  const rowTop = (row: number): number => 22 + row * ROW_PX.height;
  const wires = WIRES.map((k, wire): Wire => {
    const [row, step] = [Math.floor(wire / 3), wire % 3];
    const [x, end] = [at(ACROSS[2 * step + 1] ?? 0), at(ACROSS[2 * step + 2] ?? 0)];
    const { kept, of } = widthOf(data, block, wire);
    const thick = THICK_PX.least + (THICK_PX.most - THICK_PX.least) * rate(kept, of);
    const colour = k === null ? "--chart-axis" : vectorAt(k).colour;
    return { x, y: rowTop(row) + ROW_PX.branch, length: end - x, thick: Math.round(10 * thick) / 10, colour };
  });
  const boxes = [0, 1].flatMap((row) =>
    [0, 2, 4].map((i) => {
      const x = at(ACROSS[i] ?? 0);
      const y = rowTop(row) + ROW_PX.branch - BOX_PX / 2;
      return { x, y, width: at(ACROSS[i + 1] ?? 0) - x, height: BOX_PX };
    }),
  );
  const stream = (row: number): string => {
    const [y, branch] = [rowTop(row) + ROW_PX.stream, rowTop(row) + ROW_PX.branch];
    const [start, join] = [at(0.1), at(ACROSS[6])];
    return `M0,${y}H${width}M${start},${y}V${branch - BOX_PX / 2}M${join},${branch}V${y + JOIN_PX}`;
  };
  const join = (row: number): string => {
    const [x, y] = [at(ACROSS[6]), rowTop(row) + ROW_PX.stream];
    return `M${x - JOIN_PX},${y}a${JOIN_PX},${JOIN_PX} 0 1 0 ${2 * JOIN_PX},0a${JOIN_PX},${JOIN_PX} 0 1 0 ${-2 * JOIN_PX},0M${x - 4},${y}h8M${x},${y - 4}v8`;
  };
  const names = [["norm"], ["q, k, v"], ["o"], ["norm"], glu ? ["gate", "up"] : ["up"], ["down"]];
  return {
    data,
    wires,
    boxes,
    streams: stream(0) + stream(1),
    joins: join(0) + join(1),
    words: [
      { x: 0, y: 11, text: `block ${block}`, className: "chart-strong" },
      ...["attention", "MLP"].map((name, row): Words => ({
        x: at(0.2),
        y: rowTop(row) + ROW_PX.stream - 6,
        text: `${name}; residual stream ${whole(data.size[0] ?? 0)}`,
      })),
      ...boxes.flatMap((box, i) => boxWords(box, names[i] ?? [])),
      ...wires.flatMap((wire, i) => wireWords(data, wire, i)),
    ],
    height: rowTop(2) - 4,
    name: nameOf(data),
  };
}

function boxWords({ x, y, width, height }: BlockGeometry["boxes"][number], lines: readonly string[]): Words[] {
  const first = y + height / 2 + 4 - 6.5 * (lines.length - 1);
  return lines.map((text, i) => ({
    ...{ x: x + width / 2, y: first + 13 * i, text, anchor: "middle", className: "chart-strong" },
  }));
}

function wireWords(data: BlockData, { x, y, length }: Wire, wire: number): Words[] {
  const k = WIRES[wire];
  const { kept, of } = widthOf(data, data.block, wire);
  const middle = { x: x + length / 2, anchor: "middle" } as const;
  const name = k === null || k === undefined ? "heads" : vectorAt(k).name;
  return [
    { ...middle, y: y - 10, text: name },
    { ...middle, y: y + 19, text: whole(kept), className: "chart-strong" },
    { ...middle, y: y + 32, text: k === null ? "never pruned" : `of ${whole(of)}`, className: "chart-small" },
  ];
}

function nameOf(data: BlockData): string {
  const widths = WIRES.flatMap((k, wire) => {
    if (k === null) return [];
    const { kept, of } = widthOf(data, data.block, wire);
    return [`${vectorAt(k).name} ${vectorAt(k).meaning} ${whole(kept)} of ${whole(of)}`];
  });
  return `Block ${data.block} of ${data.kept.length} as boxes and wires. Kept widths: ${widths.join(", ")}.`;
}

/** The tip of a wire: its width, and the sizes of the matrices at its ends. */
export function wireTip(data: BlockData, { wire, block }: WirePlace): Tip {
  const k = WIRES[wire];
  const { kept, of } = widthOf(data, block, wire);
  const value = `${percent(rate(kept, of))} (${whole(kept)} of ${whole(of)})`;
  if (k === null || k === undefined)
    return { title: `block ${block}, heads (never pruned)`, rows: [{ label: "width of q and o", value: whole(kept) }] };
  const vector = vectorAt(k);
  return {
    title: `block ${block}, ${vector.name} (${vector.long})`,
    rows: [{ label: "kept", value, colour: vector.colour }, ...matricesOf(data, block, k)],
  };
}

/** Outputs and inputs of the matrices at a wire. */
function matricesOf({ kept, queries, keys, glu }: BlockData, block: number, k: number): Tip["rows"] {
  const [s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0] = kept[block] ?? [];
  const size = (label: string, outputs: number, inputs: number) => ({
    ...{ label, value: `${whole(outputs)} × ${whole(inputs)}` },
  });
  const up = size(glu ? "gate, up" : "up", s4, s3);
  const down = size("down", s5, s4);
  const all = [[size("q", queries, s1), size("k, v", keys, s1)], [size("o", s2, queries)], [up], [up, down], [down]];
  return all[k] ?? [];
}

export const BLOCK_PLACES: Places<BlockGeometry, WirePlace> = {
  locate({ wires, data }, x, y) {
    const wire = wires.findIndex((one) => x >= one.x && x < one.x + one.length && Math.abs(y - one.y) < BOX_PX);
    return wire < 0 ? null : { wire, block: data.block };
  },
  move({ data }, at, dx, dy) {
    if (!at) return { wire: 0, block: data.block };
    return { wire: clampIndex(at.wire + dx, WIRES.length), block: clampIndex(at.block + dy, data.kept.length) };
  },
  tip({ wires, data }, at) {
    const wire = wires[at.wire];
    return wire ? { x: wire.x + wire.length / 2, y: wire.y + 20, tip: wireTip(data, at) } : null;
  },
};

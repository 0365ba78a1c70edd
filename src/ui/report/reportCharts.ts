// The charts of a run, drawn again from its record: not what is on the screen, which may be another run, and always in the light theme.
import { type Chart, gateMap, keptRatio, lossCurves, matrixShares, type RunData, widths } from "../../charts/index.ts";
import {
  byBlock,
  type Run,
  type RunHistory,
  type RunMasks,
  unpackHistory,
  unpackRunMasks,
} from "../../engine/index.ts";
import { PARTS } from "../views/weightSources.ts";
import type { ReportChart } from "./report.ts";

/** Width of the pictures. */
const WIDTH_PX = 900;

interface Drawing {
  title: string;
  caption: string;
  /** Draws the chart into a node. */
  draw(node: HTMLElement): Chart<never>;
}

function drawing<Data>(
  words: Pick<Drawing, "title" | "caption">,
  make: (node: HTMLElement) => Chart<Data>,
  data: Data,
): Drawing {
  return {
    ...words,
    draw(node) {
      const chart = make(node);
      chart.update(data);
      return chart;
    },
  };
}

function gateDrawings(masks: RunMasks & { kind: "gates" }): Drawing[] {
  const gates = unpackRunMasks(masks).map((one) => one.gates);
  const [dModel = 0] = masks.sizes;
  const kept = byBlock(gates.map((mask) => mask.reduce((sum, gate) => sum + gate, 0)));
  return [
    drawing(
      {
        title: "Which dimensions survive",
        caption:
          "Rows: the places in each block where dimensions are selected. Columns: embedding dimensions. Right: share kept of each row.",
      },
      (node) => gateMap(node, { flash: false }),
      { layers: masks.sizes.length / 5, dModel, masks: gates, fade: false },
    ),
    drawing({ title: "Widths, block by block", caption: "Kept width of each selection, block by block." }, widths, {
      kept,
      size: byBlock(masks.sizes),
      fade: false,
    }),
  ];
}

/** Block and part of a matrix: "model.layers.3.mlp.up_proj.weight" is up of block 3. OPT's fc1 and fc2 are up and down. */
function placeOf(name: string): { block: number; part: (typeof PARTS)[number] | null } {
  const block = Number(/\.(\d+)\./.exec(name)?.[1] ?? 0);
  const stem = name.split(".").at(-2) ?? "";
  const known = { fc1: "up", fc2: "down" } as const;
  const part = PARTS.find((one) => stem.startsWith(one)) ?? (stem === "fc1" || stem === "fc2" ? known[stem] : null);
  return { block, part };
}

function weightDrawings(masks: RunMasks & { kind: "weights" }): Drawing[] {
  const kept = unpackRunMasks(masks).map(({ gates }) => gates.reduce((sum, gate) => sum + gate, 0));
  const placed = masks.matrices.map(({ name, shape }, i) => ({
    ...placeOf(name),
    kept: kept[i] ?? 0,
    size: shape[0] * shape[1],
  }));
  const parts = PARTS.filter((part) => placed.some((one) => one.part === part));
  if (parts.length === 0) return [];
  const blocks = 1 + Math.max(...placed.map(({ block }) => block));
  const table = (of: "kept" | "size"): number[][] =>
    Array.from({ length: blocks }, (_, block) =>
      parts.map((part) => placed.find((one) => one.block === block && one.part === part)?.[of] ?? 0),
    );
  return [
    drawing(
      { title: "Kept share by matrix", caption: "Share of its weights that each MLP matrix keeps." },
      (node) => matrixShares(node, parts),
      { kept: table("kept"), size: table("size") },
    ),
  ];
}

/** The data of the curves of a finished run; readings of another text or length than the record's are left out. */
function runDataOf({ record }: Run, history: RunHistory): RunData {
  const { perplexity, made } = record;
  const alike = history.readings.filter(
    ({ text, context, tokens }) =>
      text.sha256 === perplexity.text.sha256 && context === perplexity.context && tokens === perplexity.tokens,
  );
  return {
    ...unpackHistory(history),
    ...(made.kind === "disp" ? { plannedSteps: made.recipe.steps } : {}),
    readings: alike.map(({ step, value }) => ({ step, perplexity: value })),
    otherReadings: history.readings.length - alike.length,
    dense: perplexity.dense,
  };
}

function curveDrawings(run: Run, history: RunHistory): Drawing[] {
  const data = runDataOf(run, history);
  const every = run.record.made.kind === "disp" && run.record.made.recipe.ratioMode === "every";
  return [
    drawing(
      {
        title: "Loss and budget penalty",
        caption:
          "Training loss per token (red), and budget penalty R relative to step 0 (blue). R near 0: target met. Dots: the pruned model on the evaluation text; dashed: the dense one.",
      },
      lossCurves,
      data,
    ),
    drawing(
      {
        title: "Kept share and target",
        caption: every ? "Distance from the ratio that each step drew." : "Share kept at each step; dashed: target.",
      },
      keptRatio,
      data,
    ),
  ];
}

/**
 * The charts of a run as SVG documents. They are drawn in the page, out of sight, because texts are measured there.
 * @param caption written into every picture: what it is of
 */
export function reportCharts(run: Run, caption: string): ReportChart[] {
  const { masks, history } = run;
  const drawings = [
    ...(masks.kind === "gates" ? gateDrawings(masks) : weightDrawings(masks)),
    ...(history ? curveDrawings(run, history) : []),
  ];
  const holder = document.createElement("div");
  holder.setAttribute("aria-hidden", "true");
  holder.inert = true;
  holder.style.cssText = `position: fixed; left: -10000px; top: 0; width: ${WIDTH_PX}px; color-scheme: light`;
  document.body.append(holder);
  try {
    return drawings.map(({ title, caption: how, draw }) => {
      const node = holder.appendChild(document.createElement("div"));
      const chart = draw(node);
      const words = node.querySelector("[role=img]")?.getAttribute("aria-label") ?? title;
      const svg = chart.svg(`${title}\n${caption}`);
      chart.destroy();
      return { title, caption: how, words, svg };
    });
  } finally {
    holder.remove();
  }
}

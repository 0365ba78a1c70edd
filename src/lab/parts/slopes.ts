// Step time against the number of tokens, the number of blocks and the hidden size: it should grow no faster than the linear layers' work.
import type { Ctx, ModelConfig } from "../../engine/index.ts";
import { logLogSlope } from "../fit.ts";
import type { SlopeFigure, SlopePoint } from "../labResult.ts";
import { type LabModel, openLabModel, type LabPartRun, type PartInput, tuneFor } from "../part.ts";
import { benchStep, stepFlop } from "../stepAndDecode.ts";
import { SMOLLM2_135M, type SyntheticShape } from "../syntheticModel.ts";

/** A series of sizes: the model of each, and the tokens of its step. */
interface Series {
  axis: SlopeFigure["axis"];
  points: { size: number; shape: SyntheticShape; tokens: number }[];
}

/** Heads of 64 dimensions, three to a key-value head, and an MLP of 8/3 d, as SmolLM2-135M has them. */
const ofWidth = (shape: SyntheticShape, heads: number): SyntheticShape => {
  const d = heads * (shape.d / shape.heads);
  return { ...shape, d, heads, kvHeads: heads / 3, mlp: (8 * d) / 3 };
};

const SMALL: SyntheticShape = { vocab: 2048, d: 96, layers: 2, heads: 6, kvHeads: 2, mlp: 256 };

/** Sizes of the series: 256 to 4096 tokens, and for the blocks and the width around those of SmolLM2-135M. */
function seriesOf(quick: boolean): Series[] {
  const base = quick ? SMALL : SMOLLM2_135M;
  // a small vocabulary: the head's matmul is more efficient than those of the blocks, which would pass for a slope
  const noHead = { ...base, vocab: SMALL.vocab };
  const tokens = quick ? 64 : 512;
  const lengths = quick ? [32, 64, 128] : [256, 512, 1024, 2048, 4096];
  const layers = quick ? [2, 4, 8] : [4, 8, 16, 30];
  const heads = quick ? [3, 6, 12] : [3, 6, 9, 18];
  return [
    { axis: "T", points: lengths.map((size) => ({ size, shape: base, tokens: size })) },
    { axis: "L", points: layers.map((size) => ({ size, shape: { ...noHead, layers: size }, tokens })) },
    {
      axis: "d",
      points: heads
        .map((count) => ofWidth({ ...noHead, layers: quick ? 2 : 8 }, count))
        .map((shape) => ({ size: shape.d, shape, tokens })),
    },
  ];
}

export const benchSlopes: LabPartRun<SlopeFigure[]> = async (ctx, input) => {
  const series = seriesOf(input.quick);
  const total = series.reduce((sum, { points }) => sum + points.length, 0);
  const figures: SlopeFigure[] = [];
  let done = 0;
  let open: { shape: SyntheticShape; model: LabModel } | undefined;
  for (const { axis, points } of series) {
    const found: SlopePoint[] = [];
    for (const { size, shape, tokens } of points) {
      input.progress(done++, total);
      if (open?.shape !== shape) {
        open?.model.opened.model.free();
        open = { shape, model: await openLabModel(ctx, input, shape, tokens) };
      } else await tuneFor(ctx, input, open.model.opened.config, tokens);
      found.push(await pointOf(ctx, open.model, { size, tokens, input }));
    }
    const figure = slopeFigure(axis, found, ctx.gpu.facts.timestamps);
    input.log(`slope against ${axis}: ${figure.slope.toFixed(2)}`);
    figures.push(figure);
  }
  return figures;
};

async function pointOf(
  ctx: Ctx,
  { opened, ids }: LabModel,
  { size, tokens, input }: { size: number; tokens: number; input: PartInput },
): Promise<SlopePoint> {
  const rounds = input.quick ? 1 : 3;
  const { ms, kernels } = await benchStep(ctx, opened, { text: ids, tokens, rounds, stepsPerRound: 2 });
  const linearFlop = stepFlop(opened.config, tokens);
  const all = kernels.reduce((sum, kernel) => sum + kernel.ms, 0);
  const attention = kernels
    .filter(({ label }) => label.startsWith("attention."))
    .reduce((sum, { ms: took }) => sum + took, 0);
  const counted = attentionFlop(opened.config, tokens);
  return { size, ms, attentionShare: all > 0 ? attention / all : counted / (counted + linearFlop), linearFlop };
}

/** Scores and mixing of a step over half of all pairs: two matmuls forward and four backward, two operations per multiply-add. */
const attentionFlop = ({ layers, heads, headDim }: ModelConfig, tokens: number): number =>
  6 * layers * heads * headDim * tokens ** 2;

/** The slope of the time without attention against the linear work. */
export function slopeFigure(axis: SlopeFigure["axis"], points: SlopePoint[], timestamps: boolean): SlopeFigure {
  const slope = logLogSlope(
    points.map(({ ms, attentionShare, linearFlop }) => ({ x: linearFlop, y: ms.median * (1 - attentionShare) })),
  );
  return { axis, slope, attention: timestamps ? "measured" : "counted", points };
}

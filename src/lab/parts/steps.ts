// Training steps of several lengths, with the matmuls that the engine chooses by measuring and those that it chooses by size.
import { matmulText } from "../../engine/index.ts";
import type { LabStep } from "../labResult.ts";
import { mainShape, openLabModel, type LabPartRun, tuneFor } from "../part.ts";
import { benchStep } from "../stepAndDecode.ts";

/** Kernels of a step that the log names. */
const LOGGED_KERNELS = 12;

export const benchSteps: LabPartRun<LabStep[]> = async (ctx, input) => {
  const { quick, log, progress } = input;
  const figures: LabStep[] = [];
  const lengths = quick ? [64] : [256, 512, 1024, 2048];
  const { opened, ids } = await openLabModel(ctx, input, mainShape(input), Math.max(...lengths));
  const variants = quick ? (["tuned"] as const) : (["tuned", "sized"] as const);
  const rounds = quick ? 1 : 5;
  let done = 0;
  for (const tokens of lengths) {
    for (const matmul of variants) {
      if (matmul === "tuned") await tuneFor(ctx, input, opened.config, tokens);
      else ctx.matmul = matmul;
      const onRound = (): void => progress(done++, lengths.length * variants.length * rounds);
      const figure = await benchStep(ctx, opened, { text: ids, tokens, rounds, stepsPerRound: quick ? 1 : 5, onRound });
      const name = matmulText(ctx.matmulTable);
      figures.push({ model: opened.name, matmul: name, ...figure });
      log(`DISP step, ${tokens} tokens, ${name}: ${figure.ms.median.toFixed(2)} ms`);
      for (const { label, dispatches, ms } of figure.kernels.slice(0, LOGGED_KERNELS))
        log(`    ${label}: ${dispatches} dispatches, ${ms.toFixed(3)} ms`);
    }
  }
  return figures;
};

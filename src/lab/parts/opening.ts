// What a person waits for after choosing a model: opening it, and the first training step, which compiles its kernels.
import { DEFAULT_RECIPE, Session } from "../../engine/index.ts";
import type { OpeningFigure } from "../labResult.ts";
import { mainShape, openLabModel, type LabPartRun } from "../part.ts";

const TOKENS = { quick: 64, full: 512 };

/** Two steps on a new device. Kernels that a driver keeps from earlier runs compile faster. */
export const benchOpening: LabPartRun<OpeningFigure> = async (ctx, input) => {
  input.progress(0, 3);
  const began = performance.now();
  const tokens = input.quick ? TOKENS.quick : TOKENS.full;
  const { opened, ids } = await openLabModel(ctx, input, mainShape(input), tokens);
  const openSeconds = (performance.now() - began) / 1000;
  input.progress(1, 3);
  const recipe = { ...DEFAULT_RECIPE, tokens, steps: 2, checkpointEvery: 2 };
  const opening = performance.now();
  const session = new Session(ctx, opened.model, { recipe, text: ids, subject: "lab" });
  const step = (): Promise<void> => session.run({ due: () => false, onReport: () => undefined, steps: 1 });
  await step();
  const firstStepSeconds = (performance.now() - opening) / 1000;
  input.progress(2, 3);
  const next = performance.now();
  await step();
  const figure = { model: opened.name, tokens, openSeconds, firstStepSeconds, nextStepMs: performance.now() - next };
  input.log(`opened in ${openSeconds.toFixed(2)} s, first step after ${firstStepSeconds.toFixed(2)} s`);
  return figure;
};

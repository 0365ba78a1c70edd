// npm run plan: the GPU memory that a model will take, from its config.json or a GGUF header. JSON on stdout, a table on stderr.
import { pathToFileURL } from "node:url";
import { bundleForNode } from "./host/bundle.ts";
import { jsonLine, runCommand } from "./host/command.ts";
import { textTable } from "./host/textTable.ts";
import type * as PlanModule from "./page/planModel.ts";
import { PLAN_USAGE, readPlanArguments } from "./plan/planArguments.ts";
import { UsageError } from "./arguments/usageError.ts";

const HEADINGS = ["blocks computed again", "pruned model", "total", "matmuls of a step", ""];

const rowOf = ({ recompute, compact, totalBytes, fits, slowdown }: PlanModule.PlanLine): string[] => {
  const { blocks, group } = recompute;
  return [
    group > 1 ? `${blocks} in groups of ${group}` : `${blocks === 0 ? "none" : blocks}`,
    compact ? "weights of its own" : "masks on the dense one",
    `${(totalBytes / 1e9).toFixed(2)} GB`,
    `${slowdown.toFixed(2)} x`,
    fits ? "" : "does not fit",
  ];
};

await runCommand(PLAN_USAGE, async (argv) => {
  const request = await readPlanArguments(argv);
  const script = await bundleForNode("src/cli/page/planModel.ts");
  const { planModel } = (await import(pathToFileURL(script).href)) as typeof PlanModule;
  const answer = await planModel(request).catch((error: unknown) => {
    throw new UsageError(`${request.name}: ${error instanceof Error ? error.message : String(error)}`);
  });
  process.stdout.write(jsonLine({ ...answer, weights: request.weights, memoryBytes: request.choice.memoryBytes }));
  process.stderr.write(textTable([HEADINGS, ...answer.choices.map(rowOf)], 2));
  return answer.fits ? 0 : 1;
});

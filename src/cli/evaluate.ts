// npm run evaluate: zero-shot tasks, perplexity and agreement of a model and its pruned versions. One line of JSON on stdout, a table on stderr.
import { basename, dirname } from "node:path";
import { EVALUATE_USAGE, readEvaluateArguments } from "./evaluate/evaluateArguments.ts";
import { evaluateTable } from "./evaluate/evaluateTable.ts";
import { runCommand, valueOf } from "./host/command.ts";
import { openCliHost } from "./host/openHost.ts";
import { progressLine } from "./host/progress.ts";
import type { PrunedVersion, TaskSource } from "./page/evaluateModels.ts";
import { namedText } from "./prune/runHeadless.ts";

await runCommand(EVALUATE_USAGE, async (argv) => {
  const { host: choice, model, evaluation, ...given } = readEvaluateArguments(argv);
  const progress = progressLine();
  const host = await openCliHost(choice);
  try {
    const { files } = host;
    const tasks = given.tasks.map((task): TaskSource => ("file" in task ? { file: namedText(task.file) } : task));
    const pruned = given.pruned.map((version): PrunedVersion =>
      "receipt" in version
        ? { name: basename(dirname(version.receipt)), receipt: namedText(version.receipt).content }
        : { name: basename(version.folder), folder: files.serve(version.folder) },
    );
    const request = { ...given, model: files.serve(model), evaluation: namedText(evaluation), tasks, pruned };
    const answer = valueOf(await host.call("evaluate", request, progress), model);
    progress();
    process.stdout.write(`${JSON.stringify({ ...answer, host: host.name })}\n`);
    process.stderr.write(evaluateTable(answer));
    return 0;
  } finally {
    await host.close();
  }
});

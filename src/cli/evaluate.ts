// npm run evaluate: zero-shot tasks, perplexity and agreement of a model and its pruned versions. One line of JSON on stdout, a table on stderr.
import { dirname } from "node:path";
import { EVALUATE_USAGE, readEvaluateArguments } from "./evaluate/evaluateArguments.ts";
import { evaluateTable } from "./evaluate/evaluateTable.ts";
import { shortestNames } from "./evaluate/versionNames.ts";
import { jsonLine, runCommand, valueOf } from "./host/command.ts";
import { openCliHost } from "./host/openHost.ts";
import { progressLine } from "./host/progress.ts";
import type { PrunedVersion, TaskSource } from "./page/evaluateModels.ts";
import { namedText, tuneFolderFor } from "./prune/runHeadless.ts";

await runCommand(EVALUATE_USAGE, async (argv) => {
  const { host: choice, model, evaluation, tune, ...given } = readEvaluateArguments(argv);
  const progress = progressLine();
  const host = await openCliHost(choice);
  try {
    const { files } = host;
    const tasks = given.tasks.map((task): TaskSource => ("file" in task ? { file: namedText(task.file) } : task));
    const names = shortestNames(
      given.pruned.map((version) => ("receipt" in version ? dirname(version.receipt) : version.folder)),
    );
    const pruned = given.pruned.map((version, i): PrunedVersion => {
      const name = names[i] ?? "pruned";
      return "receipt" in version
        ? { name, receipt: namedText(version.receipt).content }
        : { name, folder: files.serve(version.folder) };
    });
    const request = {
      ...given,
      ...{ host: host.name, tuneFolder: tuneFolderFor(tune, host), tasks, pruned },
      model: files.serve(model),
      evaluation: namedText(evaluation),
    };
    const answer = valueOf(await host.call("evaluate", request, progress), model);
    progress();
    process.stdout.write(jsonLine({ ...answer, host: host.name }));
    process.stderr.write(evaluateTable(answer));
    return 0;
  } finally {
    await host.close();
  }
});

// npm run lab: checks and measures an adapter without a browser.
import { UsageError } from "../../src/cli/arguments/usageError.ts";
import { runCommand } from "../../src/cli/host/command.ts";
import { packLab } from "./pack.ts";

const USAGE = `usage: npm run lab -- pack OUT
Packs the lab into the folder OUT, for a machine with a graphics card and without a browser. Its README says how to run it.`;

await runCommand(USAGE, async (argv) => {
  const [command, out, ...more] = argv;
  if (command !== "pack" || out === undefined || more.length > 0)
    throw new UsageError(`expected pack OUT, got "${argv.join(" ")}"; --help says what it is`);
  await packLab(out);
  return 0;
});

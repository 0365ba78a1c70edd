// npm run bench [-- --rounds 7 --tokens 128,256 --model DIR]: measures on this machine's adapter and writes bench/results.json.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { openHeadless, UsageError } from "../src/cli/headless.ts";
import { writeTexts } from "../scripts/texts.ts";
import { tableOf } from "./table.ts";

const TEXT = "public/text/sotu-held.txt";
const RESULTS = "bench/results.json";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "7" },
      tokens: { type: "string", default: "128,256" },
      model: { type: "string", default: "public/model" },
      out: { type: "string", default: RESULTS },
    },
  });
  const rounds = Number(values.rounds);
  const tokens = values.tokens.split(",").map(Number);
  if (![rounds, ...tokens].every((value) => Number.isInteger(value) && value > 0)) {
    throw new UsageError("--rounds and --tokens take whole numbers above 0, such as --rounds 7 --tokens 128,256");
  }
  await writeTexts();
  const headless = await openHeadless((line) => process.stderr.write(`${String(line)}\n`), {
    path: "bench/page.html",
    ready: "bench",
  });
  try {
    const request = {
      model: headless.files.serve(values.model),
      text: readFileSync(TEXT, "utf8").slice(0, 200_000),
      tokens,
      rounds,
    };
    const answer = await headless.page.evaluate((one) => window.bench(one), request);
    const machine = {
      cpu: cpus()[0]?.model ?? "unknown",
      cores: cpus().length,
      browser: headless.page.context().browser()?.version() ?? "unknown",
    };
    writeFileSync(
      values.out,
      `${JSON.stringify({ measured: new Date().toISOString().slice(0, 10), machine, ...answer }, null, 1)}\n`,
    );
    process.stdout.write(tableOf(answer));
  } finally {
    await headless.close();
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

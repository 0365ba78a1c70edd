// The lab in Node: node lab.mjs OUT.json [--quick] [--as-card] [--rows=512,2048] [PART ...]. Reads golden/ and public/ of the working directory.
import { readFileSync, writeFileSync } from "node:fs";
import { diskFolder, goldensOnDisk } from "../../scripts/diskFolder.ts";
import { partsNamed, runLab } from "../../src/lab/lab.ts";
import { LAB_PART_NAMES } from "../../src/shared/labParts.ts";
import { nodeOnDawn } from "./nodeOnDawn.ts";

const TEXT = "public/text/sotu-held.txt";

const [out = "lab.json", ...words] = process.argv.slice(2);
const quick = words.includes("--quick");
const rows = words.find((word) => word.startsWith("--rows="))?.slice("--rows=".length);
const sweepRows = rows?.split(",").map(Number);
if (sweepRows?.some((count) => !Number.isInteger(count) || count < 1))
  throw new RangeError(`--rows: expected numbers of rows such as 512,2048, got "${rows ?? ""}"`);
const named = words.filter((word) => !word.startsWith("--"));
await runLab(
  partsNamed(named.length > 0 ? named : LAB_PART_NAMES),
  {
    ...nodeOnDawn(),
    ...{ goldens: goldensOnDisk(), small: diskFolder("public/model"), text: readFileSync(TEXT, "utf8") },
    ...{ quick, asCard: words.includes("--as-card") },
    ...(sweepRows ? { sweepRows } : {}),
  },
  {
    log: (line) => process.stderr.write(`${line}\n`),
    save: (results) => writeFileSync(out, `${JSON.stringify(results, null, 1)}\n`),
  },
);
process.exit(0);

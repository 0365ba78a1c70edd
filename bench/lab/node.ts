// The lab in Node: node lab.mjs OUT.json [--quick] [--as-card] [PART ...]. Reads golden/ and public/ of the working directory.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { diskFolder, goldensOnDisk } from "../../scripts/diskFolder.ts";
import { installDawn } from "../../src/cli/host/dawn.ts";
import { partsNamed, runLab } from "../../src/lab/lab.ts";
import { LAB_PART_NAMES } from "../../src/shared/labParts.ts";

const TEXT = "public/text/sotu-held.txt";

const [out = "lab.json", ...words] = process.argv.slice(2);
const quick = words.includes("--quick");
const named = words.filter((word) => !word.startsWith("--"));
const nvidia = spawnSync("nvidia-smi", ["--query-gpu=name", "--format=csv,noheader"], { encoding: "utf8" });
installDawn();
await runLab(
  partsNamed(named.length > 0 ? named : LAB_PART_NAMES),
  {
    host: `Dawn in Node ${process.versions.node}`,
    ...(nvidia.status === 0 ? { card: nvidia.stdout.trim() } : {}),
    ...{ goldens: goldensOnDisk(), small: diskFolder("public/model"), text: readFileSync(TEXT, "utf8") },
    ...{ quick, asCard: words.includes("--as-card") },
  },
  {
    log: (line) => process.stderr.write(`${line}\n`),
    save: (results) => writeFileSync(out, `${JSON.stringify(results, null, 1)}\n`),
  },
);
process.exit(0);

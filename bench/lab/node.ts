// The lab in Node: node lab.mjs OUT.json [--quick] [--as-card] [PART ...]. Reads golden/ and public/ of the working directory.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { diskFolder } from "../../scripts/diskFolder.ts";
import { SMOLLM2_135M, writeSyntheticModel } from "../export/syntheticModel.ts";
import { installDawn } from "../../src/cli/host/dawn.ts";
import { LAB_PARTS, runLab } from "../../src/lab/lab.ts";

const GOLDEN = "golden";
const TEXT = "public/text/sotu-held.txt";
const SYNTHETIC = ".cache/synthetic/smollm2-135m";

const [out = "lab.json", ...words] = process.argv.slice(2);
const quick = words.includes("--quick");
const named = words.filter((word) => !word.startsWith("--"));
const nvidia = spawnSync("nvidia-smi", ["--query-gpu=name", "--format=csv,noheader"], { encoding: "utf8" });
installDawn();
await runLab(named.length > 0 ? named : Object.keys(LAB_PARTS), {
  host: `Dawn in Node ${process.versions.node}`,
  ...(nvidia.status === 0 ? { card: nvidia.stdout.trim() } : {}),
  goldens: readdirSync(GOLDEN, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "reference" && entry.name !== "smollm2")
    .map((entry) => diskFolder(`${GOLDEN}/${entry.name}`)),
  small: diskFolder("public/model"),
  synthetic: () => {
    writeSyntheticModel(SYNTHETIC, SMOLLM2_135M);
    return diskFolder(SYNTHETIC);
  },
  text: readFileSync(TEXT, "utf8").slice(0, 200_000),
  quick,
  asCard: words.includes("--as-card"),
  log: (line) => process.stderr.write(`${line}\n`),
  save: (results) => writeFileSync(out, `${JSON.stringify(results, null, 1)}\n`),
});
process.exit(0);

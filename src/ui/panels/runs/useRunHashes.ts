// The short hashes of the listed runs, read from their masks one after another while the page has nothing else to do.
import { useEffect, useState } from "react";
import type { RunRecord } from "../../../engine/index.ts";
import { useActions } from "../../studioContext.tsx";
import { masksSha256, shortHash } from "../../views/runFingerprint.ts";

/** Masks of more runs than this are not read for a list. */
const MOST_RUNS = 200;

export type RunHashes = ReadonlyMap<string, string>;

/** By id; runs that are not read yet, or whose masks cannot be read, are missing. */
export function useRunHashes(runs: readonly RunRecord[]): RunHashes {
  const { readRunMasks } = useActions();
  const [hashes, setHashes] = useState<RunHashes>(new Map());
  useEffect(() => {
    let wanted = true;
    const read = async (): Promise<void> => {
      const found = new Map<string, string>();
      for (const { id, model } of runs.slice(0, MOST_RUNS)) {
        const masks = await readRunMasks(id).catch(() => null);
        if (!wanted) return;
        if (masks) found.set(id, shortHash(model.fingerprint, await masksSha256(masks)));
      }
      if (wanted) setHashes(found);
    };
    void read();
    return () => {
      wanted = false;
    };
  }, [runs, readRunMasks]);
  return hashes;
}

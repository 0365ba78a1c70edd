// The short hashes of the listed runs. The masks of each are read once, one run after another.
import { useEffect, useRef, useState } from "react";
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
  const known = useRef(new Map<string, string>());
  useEffect(() => {
    let wanted = true;
    const listed = runs.slice(0, MOST_RUNS);
    const ids = new Set(listed.map(({ id }) => id));
    known.current = new Map([...known.current].filter(([id]) => ids.has(id)));
    const read = async (): Promise<void> => {
      for (const { id, model } of listed) {
        if (known.current.has(id)) continue;
        const masks = await readRunMasks(id).catch(() => null);
        const hash = masks && shortHash(model.fingerprint, await masksSha256(masks));
        if (!wanted) return;
        if (hash !== null) known.current.set(id, hash);
      }
      setHashes(new Map(known.current));
    };
    void read();
    return () => {
      wanted = false;
    };
  }, [runs, readRunMasks]);
  return hashes;
}

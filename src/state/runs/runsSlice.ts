// The library of finished runs: kept when they end, named, removed, exported, imported and brought back; two of them compared by token.
import { EngineError, readRuns, runJson } from "../../engine/index.ts";
import type { Run, RunRecord } from "../../engine/index.ts";
import type { Replies } from "../../worker/protocol.ts";
import { withArchitecture, withWeights } from "../run/prunedNow.ts";
import { byTime, type RunStore } from "./runStore.ts";
import type { Get, RunsSlice, Set, SliceOf } from "../storeState.ts";

/** What one comparison by token reads of the text. */
const LOSS_TOKENS = 1024;

/** Files what a restored run's masks are from now on. */
function fileRestored(reply: Replies["restore"], set: Set, get: Get): void {
  get().dropMeasurements();
  const none = { phase: "none" } as const;
  if ("architecture" in reply) {
    const { architecture } = reply;
    // The slider shows what is on the map; that alone asks for nothing.
    get().setRecipe({ ratio: architecture.ratio });
    get().chooseMethod("disp");
    set({ ...withArchitecture(architecture)(get()), pruned: none });
  } else {
    get().chooseMethod(reply.weights.recipe.method);
    get().setWeightRecipe(reply.weights.recipe);
    set(withWeights(reply.weights));
  }
}

/** Whether two records may be of the same masks, measured alike. */
const alike = (a: RunRecord, b: RunRecord): boolean =>
  a.model.fingerprint === b.model.fingerprint &&
  a.made.kind === b.made.kind &&
  a.kept.blockWeights.kept === b.kept.blockWeights.kept &&
  a.perplexity.text.sha256 === b.perplexity.text.sha256 &&
  a.perplexity.context === b.perplexity.context &&
  a.perplexity.tokens === b.perplexity.tokens;

/** Makes the slice over a store. */
export const runsSlice =
  (store: RunStore): SliceOf<RunsSlice> =>
  ({ client, turn, cancelTask: callOff }, set, get) => {
    const known = (): readonly RunRecord[] => get().runs ?? [];
    /** Work on the library; what fails is said beside the list. Answers whether it went well. */
    const work = async (act: () => Promise<void>): Promise<boolean> => {
      set({ runsError: null });
      try {
        await act();
        return true;
      } catch (thrown) {
        const error = EngineError.from(thrown);
        if (error.code === "device-lost") get().report(error);
        else if (error.code !== "cancelled") set({ runsError: error });
        return false;
      }
    };
    const kept = (id: string): Promise<Run> => {
      const record = known().find((one) => one.id === id);
      if (!record) throw new EngineError("config", "this run is not in the library any more; choose another");
      return runOf(record);
    };
    const runOf = async (record: RunRecord): Promise<Run> => ({ record, masks: await store.masks(record.id) });
    const add = async (runs: readonly Run[]): Promise<void> => {
      await store.put(runs);
      const ids = new Set(runs.map(({ record }) => record.id));
      const others = known().filter(({ id }) => !ids.has(id));
      set({ runs: [...others, ...runs.map(({ record }) => record)].sort(byTime) });
    };
    /** The kept run that has these masks on this text, if any. */
    const twin = async ({ record, masks }: Run): Promise<RunRecord | undefined> => {
      const text = JSON.stringify(masks);
      for (const other of known()) {
        if (other.id === record.id) return other;
        if (alike(other, record) && JSON.stringify(await store.masks(other.id)) === text) return other;
      }
      return undefined;
    };
    const replace = async (record: RunRecord): Promise<void> => {
      await store.putRecord(record);
      set({ runs: known().map((other) => (other.id === record.id ? record : other)) });
    };
    let keeping: Promise<unknown> = Promise.resolve();

    return {
      runs: null,
      unreadableRuns: 0,
      runsError: null,
      runsNote: null,
      removedRun: null,
      losses: { phase: "none" },
      async loadRuns() {
        await work(async () => {
          const { records, unreadable } = await store.records();
          set({ runs: records, unreadableRuns: unreadable });
        });
        if (get().runs === null) set({ runs: [] });
      },
      keepRun(msPerToken = null) {
        const mine = keeping.then(() =>
          work(async () => {
            const run = await client.request({ type: "record", msPerToken });
            if (!run) return;
            const same = await twin(run);
            if (!same) await add([run]);
            else if (msPerToken) await replace({ ...same, msPerToken });
          }),
        );
        keeping = mine;
        return mine.then(() => undefined);
      },
      async renameRun(id, name) {
        const record = known().find((other) => other.id === id);
        const trimmed = name.trim().slice(0, 200);
        if (record && trimmed !== "" && trimmed !== record.name)
          await work(() => replace({ ...record, name: trimmed }));
      },
      async removeRun(id) {
        const record = known().find((other) => other.id === id);
        if (!record) return;
        await work(async () => {
          // A run whose masks are gone can be removed as well, but not brought back.
          const removedRun = await runOf(record).catch(() => null);
          await store.remove(id);
          set({ runs: known().filter((other) => other.id !== id), removedRun, runsNote: null });
        });
      },
      async undoRemove() {
        const { removedRun } = get();
        if (removedRun && (await work(() => add([removedRun])))) set({ removedRun: null });
      },
      async exportRuns(ids) {
        let text: string | null = null;
        await work(async () => {
          const chosen = known().filter(({ id }) => ids.includes(id));
          const runs: Run[] = [];
          for (const record of chosen) runs.push(await runOf(record));
          const written = runs.map(runJson);
          text = `${JSON.stringify(written.length === 1 ? written[0] : written, null, 1)}\n`;
        });
        return text;
      },
      async importRuns(text, file) {
        await work(async () => {
          const read = readRuns(text, file);
          const ids = new Set(known().map(({ id }) => id));
          const fresh = new Map(read.filter(({ record }) => !ids.has(record.id)).map((run) => [run.record.id, run]));
          await add([...fresh.values()]);
          set({ runsNote: { imported: fresh.size, known: read.length - fresh.size }, removedRun: null });
        });
      },
      async runMasks(id) {
        return store.masks(id);
      },
      async restoreRun(id) {
        const record = known().find((other) => other.id === id);
        if (!record) return;
        await work(async () => {
          const run = await runOf(record);
          fileRestored(await turn(() => client.request({ type: "restore", run })), set, get);
        });
        get().measureMissing();
      },
      async compareLosses(first, second) {
        if (get().losses.phase === "reading") return;
        set({ losses: { phase: "reading" } });
        try {
          const [a, b] = [await kept(first), await kept(second)];
          const command = { type: "tokenLosses", first: a, second: b, tokens: LOSS_TOKENS } as const;
          const result = await turn(() => client.request(command), "losses");
          set({ losses: { phase: "read", first, second, result } });
        } catch (thrown) {
          const error = EngineError.from(thrown);
          set({ losses: error.code === "cancelled" ? { phase: "none" } : { phase: "failed", error } });
          if (error.code === "device-lost") get().report(error);
        } finally {
          get().setProgress("losses", null);
        }
      },
      cancelLosses: () => callOff("losses"),
    };
  };

/** Whether what is measured now is of a run that has ended, and was not so before: then it is worth keeping. */
export function hasJustEnded(
  state: Pick<ReturnType<Get>, "pruned" | "dense" | "run">,
  before: Pick<ReturnType<Get>, "pruned" | "dense" | "run">,
): boolean {
  const { pruned, dense, run } = state;
  if (pruned === before.pruned && dense === before.dense && run.phase === before.run.phase) return false;
  const measured = pruned.phase === "measured" && dense.phase === "measured" && !pruned.last.stale && !dense.last.stale;
  return measured && run.phase !== "training" && run.phase !== "paused";
}

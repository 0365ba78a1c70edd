// The finished runs of a comparison that is under way, in a file beside compare.json: an interrupted one continues after them.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Run } from "../../engine/index.ts";
import { parseJson } from "../../engine/formats/files/folder.ts";
import { readParsedRun } from "../../engine/formats/runs/readRun.ts";
import { runJson } from "../../engine/formats/runs/runRecord.ts";
import { JsonField } from "../../engine/json/jsonFields.ts";
import { differentField } from "../../engine/recipes/sameFields.ts";
import { checkedArguments } from "../arguments/runArguments.ts";
import { UsageError } from "../arguments/usageError.ts";
import type { CompareArguments } from "./compareArguments.ts";
import { keyOf, type PlannedRun } from "./methods.ts";

const FORMAT = "espalier-unfinished-comparison-1";

/** What the runs of a comparison depend on besides model and texts, by the names of the options. */
const optionsOf = (given: Omit<CompareArguments, "out" | "resume">): Record<string, string | number> => ({
  ...{ context: given.context, "eval-tokens": given.evaluationTokens, weights: given.precision },
  ...{ steps: given.steps, tokens: given.tokens, sequences: given.sequences, "width-multiple": given.widthMultiple },
  ...{
    "recover-matrices": given.recoverMatrices,
    "refit-matrices": given.refitMatrices,
    "refit-sequences": given.refitSequences,
  },
  lora: given.recoverRank ?? "none",
});

/** Writes a file beside its place and moves it there, so that an interrupt or a full disk leaves the file that was there. */
export function replaceFile(path: string, text: string): void {
  const part = `${path}.part`;
  try {
    writeFileSync(part, text);
    renameSync(part, path);
  } catch (error) {
    try {
      rmSync(part);
    } catch {
      // nothing was written, and the first error says why
    }
    throw error;
  }
}

/** Finished runs by `keyOf`, and their file. */
export class Unfinished {
  readonly path: string;
  private readonly runs = new Map<string, Run>();
  /** How many of them are in the file. */
  private stored = 0;
  private readonly options: Record<string, string | number>;
  private readonly planned: readonly PlannedRun[];

  /**
   * json: the path of compare.json. Throws a UsageError where there is nothing to resume, or what is there has other options or runs; and
   * where the file of an interrupted comparison would be replaced without `resume`.
   */
  constructor(json: string, { resume, ...given }: Omit<CompareArguments, "out">) {
    this.path = json.replace(/\.json$/i, ".unfinished.json");
    this.options = optionsOf(given);
    this.planned = given.runs;
    const there = existsSync(this.path);
    if (there && !resume)
      throw new UsageError(
        `--out: expected no interrupted comparison, got ${this.path}. Add --resume to continue it, or delete it to start anew.`,
      );
    if (!there && resume)
      throw new UsageError(
        `--resume: expected ${this.path} of an interrupted comparison, got none. Leave out --resume to start anew.`,
      );
    if (there) this.read();
  }

  get(key: string): Run | undefined {
    return this.runs.get(key);
  }

  /** Finished runs in the order of the plan, with what was planned. */
  inOrder(): { planned: PlannedRun; run: Run }[] {
    return this.planned.flatMap((planned) => {
      const run = this.runs.get(keyOf(planned));
      return run ? [{ planned, run }] : [];
    });
  }

  /** How to continue, as a sentence. */
  hint(): string {
    const [done, of] = [this.stored, this.planned.length];
    if (done === 0) return "No run was finished: the same command starts anew.";
    return `${done} of ${of} runs ${done === 1 ? "is" : "are"} finished: the same command with --resume continues after them.`;
  }

  /** Adds a finished run and stores all of them. */
  add(key: string, run: Run): void {
    this.runs.set(key, run);
    const runs = [...this.runs].map(([name, one]) => ({ name, run: runJson(one) }));
    replaceFile(this.path, JSON.stringify({ format: FORMAT, options: this.options, runs }));
    this.stored = runs.length;
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }

  private read(): void {
    const advice = `Repeat the command as it was, or delete ${this.path} to start anew.`;
    checkedArguments(() => {
      const file = this.path;
      const root = new JsonField(parseJson(readFileSync(file, "utf8"), file, { advice }), file, "", advice);
      root.get("format").oneOf([FORMAT]);
      const before = Object.fromEntries(
        root
          .get("options")
          .entries()
          .map(([name, { value }]) => [name, value]),
      );
      const option = differentField<Record<string, unknown>>(before, this.options);
      if (option !== undefined)
        throw new UsageError(
          `--resume: --${option}: expected ${String(before[option])}, as in the interrupted comparison, got ${String(this.options[option])}. ${advice}`,
        );
      for (const one of root.get("runs").list()) {
        const name = one.get("name").text();
        if (!this.planned.some((planned) => keyOf(planned) === name))
          throw new UsageError(
            `--resume: expected "${name}" among the runs of --methods, --keep and --seeds, because it is finished, got none. ${advice}`,
          );
        this.runs.set(name, readParsedRun(one.get("run").value, file));
      }
      this.stored = this.runs.size;
    });
  }
}

// The arguments of npm run bench: what is measured, on which model, how often, and where the figures are written.
import type { HostChoice } from "../src/cli/host/chooseHost.ts";
import { existingModel, optionalNumber, parseValues } from "../src/cli/arguments/arguments.ts";
import { HOST_OPTIONS, HOST_USAGE, readHostArgument } from "../src/cli/arguments/hostArguments.ts";
import { UsageError } from "../src/cli/arguments/usageError.ts";

export const BENCH_USAGE = `usage: npm run bench                                   everything, on the embedded model; writes bench/results.json
         [--model DIR|FILE.gguf] [--tokens 128,256] [--rounds 7] [--out FILE]
       npm run bench -- --profile                      prints the time per kernel of a training step
         [--model DIR|FILE.gguf] [--tokens 128] [--rounds 3] [--out FILE]
       npm run bench -- --peers                        the training step in other programs, if their losses agree; writes bench/peers.json
         [--model DIR] [--tokens 64,128] [--rounds 5] [--out FILE]
       npm run bench -- --map [--rounds 3] [--out FILE]             frame times of the gate map while it is zoomed and moved; writes bench/map.json
       npm run bench -- --export [--model DIR] [--out FILE]        memory and time of an export; writes bench/export.json
       npm run bench -- --real                         opening and training a model of a real size, unpacked and in the blocks of its file; writes bench/realModel.json
         [--model DIR|FILE.gguf] [--tokens 64] [--rounds 10] [--out FILE]
       npm run bench -- --large [--only NAME]          memory of models with up to 7 billion weights; writes bench/large.json and bench/large.md
       npm run bench -- --import FILE [--out FILE]     files a result of the lab under bench/gpus, and renders bench/gpus.md
  --model   a folder with config.json, tokenizer.json and safetensors, or a GGUF file. Defaults: the embedded model; with --export
            random weights of SmolLM2-135M's shape; with --real SmolLM2-135M-Instruct, which is fetched once
  --tokens  per training step; of the benchmark a list, measured one after the other
  --rounds  how often each figure is measured; with --profile and --real how many steps
  --only    a part of the name of one of the large models: tinyllama, 7b, q4_0; the figures of the others stay
  --out     a JSON file for the figures; --profile writes none without it
${HOST_USAGE}. --export, --large and --map need chromium: they measure a browser`;

const KINDS = ["profile", "peers", "map", "export", "real", "large"] as const;

// of a model of a real size: enough steps to see how they vary, few enough to wait for on a software adapter
const DEFAULT_TOKENS = { profile: "128", peers: "64,128", real: "64" };
const DEFAULT_ROUNDS = { profile: 3, peers: 5, map: 3, real: 10 };

export interface BenchArguments {
  /** "all": the benchmark itself. */
  kind: (typeof KINDS)[number] | "import" | "all";
  tokens: readonly number[];
  rounds: number;
  model?: string;
  /** With --import, the result of the lab. */
  file?: string;
  /** With --large, the models to measure. */
  only?: string;
  out?: string;
  host: HostChoice;
}

/** Throws a UsageError that names the argument. */
export function readBenchArguments(argv: readonly string[]): BenchArguments {
  const [text, flag] = [{ type: "string" } as const, { type: "boolean" } as const];
  const values = parseValues(argv, {
    ...{ model: text, out: text, tokens: text, rounds: text, import: text, only: text },
    ...{ profile: flag, peers: flag, map: flag, export: flag, real: flag, large: flag },
    ...HOST_OPTIONS,
  });
  const kinds = KINDS.filter((name) => values[name] === true);
  if (kinds.length > 1) throw new UsageError(`expected one of --${KINDS.join(", --")}, got --${kinds.join(" --")}`);
  const { import: file } = values;
  const [kind = "all"] = typeof file === "string" ? (["import"] as const) : kinds;
  const short = kind === "profile" || kind === "peers" || kind === "real" ? kind : undefined;
  const { tokens: list = short ? DEFAULT_TOKENS[short] : "128,256" } = values;
  const tokens = typeof list === "string" ? list.split(",").map(Number) : [];
  if (tokens.length === 0 || !tokens.every(isCount))
    throw new UsageError(`--tokens: expected whole numbers above 0, separated by commas, got "${String(list)}"`);
  if ((kind === "profile" || kind === "real") && tokens.length > 1)
    throw new UsageError(`--tokens: expected one number with --${kind}, got "${tokens.join(",")}"`);
  const rounds = optionalNumber(values, "rounds") ?? (short || kind === "map" ? DEFAULT_ROUNDS[short ?? "map"] : 7);
  if (!isCount(rounds)) throw new UsageError(`--rounds: expected a whole number above 0, got ${rounds}`);
  const { out, only } = values;
  const model = typeof values["model"] === "string" ? existingModel(values["model"]) : undefined;
  const host = readHostArgument(values);
  if ((kind === "export" || kind === "large" || kind === "map") && (host === "dawn" || host === "wgpu"))
    throw new UsageError(`--host: expected chromium with --${kind}, which measures a browser, got ${host}`);
  return {
    ...{ kind, tokens, rounds, host },
    ...(model === undefined ? {} : { model }),
    ...(typeof file === "string" ? { file } : {}),
    ...(typeof only === "string" ? { only } : {}),
    ...(typeof out === "string" ? { out } : {}),
  };
}

const isCount = (value: number): boolean => Number.isInteger(value) && value > 0;

// The section of bench/README.md that compares the training step with other programs.
import { type PeerTime, LOSS_TOLERANCE } from "../peers/compare.ts";
import { timesAsLong } from "../peers/measure.ts";
import { markdownTable } from "../../src/shared/markdownTable.ts";
import { spreadText } from "../../src/lab/spreadText.ts";
import { type Peers, whereOf } from "./measured.ts";

const FAIRNESS = `All programs train the same hypernetwork on the same frozen model: forward pass of the masked model in f32, gradient through it, bidirectional GRU with heads, ReinMax, budget and AdamW ([METHOD.md](../METHOD.md)).
They start from equal weights and parameters, and draw equal batches and equal noise, which are made before the clock starts.
A program is timed only if its losses agree with ours, to ${LOSS_TOLERANCE} of each loss. Then the programs take turns, round by round.
Each is written as a good user of it would write it, with q, k and v in one product, as gate and up, and both directions of the GRU in one loop:

- **jax-js:** the entire step is one \`jit\` function: \`valueAndGrad\` with respect to the hypernetwork, its own \`dotProductAttention\`, AdamW over the tree.
- **tfjs:** WebGPU backend, \`variableGrads\`, a custom gradient for ReinMax, its own Adam after the weight decay. Queries of one group of heads share a product.
- **PyTorch:** eager, on the CPU with all cores: transformers' model with masks by hooks, \`nn.GRU\`, \`AdamW\` ([prune_reference.py](../golden/reference/prune_reference.py)). Another device than ours, for scale.`;

/** Above this load per core before the measurement, other work shared the machine, and its times say nothing. */
const BUSY_LOAD = 0.5;

const isBusy = ({ load, machine }: Peers): boolean => load.before > BUSY_LOAD * machine.cores;

const BUSY =
  "**The machine was busy with other work, so these times cannot be compared.** The agreement of the losses does not depend on that.";

export function peersSection(peers: Peers): string {
  const { load, model, rounds, programs } = peers;
  const failed = programs.flatMap(({ name, error }) => (error === undefined ? [] : [`${name} did not run: ${error}`]));
  const where = `Measured ${whereOf(peers)}; model "${model}", ${rounds} rounds; load average of the machine before it ${load.before.toFixed(1)}.`;
  const tables = peers.steps.map(
    ({ tokens, times }) =>
      `${tokens} tokens per step:\n\n${markdownTable(
        ["program", "computes on", "losses compared", "largest difference", "first step, s", "ms per step", "ours is"],
        times.map((time) => rowOf(time, times[0], peers)),
      )}`,
  );
  const busy = isBusy(peers) ? [BUSY] : [];
  return ["## The training step in other programs", FAIRNESS, where, ...busy, ...failed, ...tables].join("\n\n");
}

function rowOf(time: PeerTime, ours: PeerTime | undefined, peers: Peers): string[] {
  const { name, agreement, firstStepMs, ms, error } = time;
  const program = peers.programs.find((one) => one.name === name);
  const compared = agreement ? [String(agreement.steps), agreement.largestDifference.toExponential(1)] : ["", ""];
  return [
    `${name} ${program?.version ?? ""}`,
    program?.device ?? "",
    ...compared,
    firstStepMs === undefined ? "" : (firstStepMs / 1000).toFixed(1),
    ms ? spreadText(ms, 0) : noTime(time),
    ms && ours?.ms && agreement && error === undefined && !isBusy(peers) ? speedup(timesAsLong(ms, ours.ms)) : "",
  ];
}

/** Why a program has no time. */
function noTime({ error, agreement }: PeerTime): string {
  if (error !== undefined) return `failed: ${error}`;
  const first = agreement?.first;
  if (!first) return "";
  return `disagrees: loss of step ${first.step} is ${first.theirs.toFixed(5)}, ours ${first.ours.toFixed(5)}`;
}

const speedup = (times: number): string =>
  times >= 1 ? `${times.toFixed(1)} times as fast` : `${(1 / times).toFixed(1)} times as slow`;

// The section of bench/README.md that compares the training step with other programs.
import { LOSS_TOLERANCE } from "../peers/compare.ts";
import { PEER_HEAD, peerRow } from "../../src/lab/peersResult.ts";
import { markdownTable } from "../../src/shared/markdownTable.ts";
import { type Peers, whereOf } from "./measured.ts";

const FAIRNESS = `All programs train the same hypernetwork on the same frozen model: forward pass of the masked model in f32, gradient through it, bidirectional GRU with heads, ReinMax, budget and AdamW ([METHOD.md](../METHOD.md)).
They start from equal weights and parameters, and draw equal batches and equal noise, which are made before the clock starts.
A program is timed only if its losses agree with ours, to ${LOSS_TOLERANCE} of each loss. Then the programs take turns, round by round.
Each is written as a good user of it would write it, with q, k and v in one product, as gate and up, and both directions of the GRU in one loop:

- **jax-js:** the entire step is one \`jit\` function: \`valueAndGrad\` with respect to the hypernetwork, its own \`dotProductAttention\`, AdamW over the tree.
- **tfjs:** WebGPU backend, \`variableGrads\`, a custom gradient for ReinMax, its own Adam after the weight decay. Queries of one group of heads share a product.
- **PyTorch:** eager: transformers' model with masks by hooks, \`nn.GRU\`, \`AdamW\` ([prune_reference.py](../golden/reference/prune_reference.py)). On a CUDA card where there is one, else on the CPU with all cores: another device than ours, for scale.`;

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
        PEER_HEAD,
        times.map((time) => peerRow(time, times[0], peers, { decimals: 0, comparable: !isBusy(peers) })),
      )}`,
  );
  const busy = isBusy(peers) ? [BUSY] : [];
  return ["## The training step in other programs", FAIRNESS, where, ...busy, ...failed, ...tables].join("\n\n");
}

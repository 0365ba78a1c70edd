// The command that reads a matrix as cells of weights, as the page draws it.
import {
  blockTensors,
  type Ctx,
  EngineError,
  invariant,
  type MatrixKeep,
  matrixCells,
  openedRows,
  updatedValues,
} from "../../engine/index.ts";
import type { CommandOf, Replies } from "../protocol.ts";
import type { Pruned } from "../run/pruned.ts";
import type { Handlers, WorkerState } from "./workerState.ts";

export function matrixCommands(state: WorkerState): Pick<Handlers, "matrix"> {
  let latest = 0;
  return {
    matrix(command) {
      const own = ++latest;
      return readMatrix(state, command, () => own !== latest);
    },
  };
}

async function readMatrix(
  state: WorkerState,
  { block, layer, area, keeps, show }: CommandOf<"matrix">,
  cancelled: () => boolean,
): Promise<Replies["matrix"]> {
  const { model: opened } = state.onDevice.opened();
  const tensor = blockTensors(opened.config).filter(({ gates }) => gates.block === block)[layer];
  invariant(
    tensor,
    "config",
    `matrix: expected a linear layer of block ${block}, got number ${layer}. Choose another.`,
  );
  const { name, shape } = tensor;
  const file = (row: number, rows: number) => openedRows(opened, name, row, rows);
  const changed = show === "change" ? await changedValues(state, name) : undefined;
  const wanted = {
    ...{ shape, keeps, cancelled, area: area ?? { row: 0, col: 0, rows: shape[0], cols: shape[1] } },
    read: changed
      ? async (row: number, rows: number) =>
          change(await file(row, rows), { now: changed, keep: keeps[0], shape, first: row * shape[1] })
      : file,
  };
  return { name, shape, ...(await matrixCells(wanted)) };
}

/** The values of this matrix after pruning. Throws "config" where those of the file have not been changed. */
async function changedValues({ onDevice, pruning }: WorkerState, name: string): Promise<Float32Array> {
  const found = valuesOf(pruning.required(), name) ?? (await updated(onDevice.context(), pruning, name));
  if (found) return found;
  throw new EngineError("config", `${name}: expected weights that were changed after pruning, got those of the file.`);
}

const valuesOf = ({ values }: Pruned, name: string): Float32Array | undefined => values?.get(name);

/** What SparseGPT made of this matrix: its values are on the GPU only. */
async function updated(ctx: Ctx, pruning: WorkerState["pruning"], name: string): Promise<Float32Array | undefined> {
  const pruned = pruning.required();
  if (pruned.kind !== "weights" || pruned.recipe.method !== "sparsegpt" || pruned.values) return undefined;
  const own = pruned.masks.filter(({ matrix }) => matrix.name === name);
  return (await updatedValues(ctx, await pruning.model(), own)).get(name);
}

interface Changed {
  /** All values of the matrix. */
  now: Float32Array;
  keep: MatrixKeep | undefined;
  shape: readonly [number, number];
  /** Number of the first value that is read. */
  first: number;
}

/** What was added to kept weights, in place; 0 for the others. */
function change(values: Float32Array<ArrayBuffer>, { now, keep, shape, first }: Changed): Float32Array<ArrayBuffer> {
  const [, cols] = shape;
  for (let i = 0; i < values.length; i += 1) {
    const at = first + i;
    values[i] = isKept(keep, at, cols) ? (now[at] ?? 0) - (values[i] ?? 0) : 0;
  }
  return values;
}

function isKept(keep: MatrixKeep | undefined, at: number, cols: number): boolean {
  if (!keep) return true;
  if ("bits" in keep) return (((keep.bits[at >>> 5] ?? 0) >>> (at & 31)) & 1) === 1;
  return keep.rows?.[Math.floor(at / cols)] !== 0 && keep.cols?.[at % cols] !== 0;
}

// Reads the matrix that is shown: another layer at once, other masks of the same one after the reading under way, so that a training does not cancel each.
import type { MatrixRequest, MatrixView } from "../../worker/protocol.ts";

interface Reading {
  read: (request: MatrixRequest) => Promise<MatrixView>;
  shown: (request: MatrixRequest, view: MatrixView) => void;
  failed: (error: unknown) => void;
}

/** Makes the function that asks for a matrix; only the last one that was asked for is shown. */
export function matrixReader({ read, shown, failed }: Reading): (request: MatrixRequest) => void {
  let running: MatrixRequest | null = null;
  let next: MatrixRequest | null = null;
  const start = (request: MatrixRequest): void => {
    [running, next] = [request, null];
    const last = (): boolean => running === request;
    read(request)
      .then(
        (view) => last() && shown(request, view),
        (error: unknown) => last() && failed(error),
      )
      .finally(() => {
        if (!last()) return;
        running = null;
        if (next) start(next);
      });
  };
  return (request) => {
    if (running?.block === request.block && running.layer === request.layer && running.show === request.show)
      next = request;
    else start(request);
  };
}

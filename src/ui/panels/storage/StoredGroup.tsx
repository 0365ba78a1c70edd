// The stored things of one kind: their number and size, each of them, and the removal of all that no tab uses.
import type { ReactNode } from "react";
import { bytes, whole } from "../../../shared/format.ts";
import { Removal } from "./StoredRow.tsx";

interface Props {
  testId: string;
  title: string;
  about: string;
  /** How many there are. */
  count: number;
  /** Bytes of all of them. */
  size: number;
  /** As of `StoredRow`. */
  loss: string | null;
  /** Removes all that can be removed; null: none can. */
  onRemoveAll: (() => void) | null;
  /** A row for each. */
  children: ReactNode;
}

export function StoredGroup({ testId, title, about, count, size, loss, onRemoveAll, children }: Props) {
  return (
    <section className="stored-group" data-testid={testId}>
      <div className="stored-head">
        <h3>{title}</h3>
        <span className="stored-facts">
          {whole(count)} · {bytes(size)}
        </span>
        {onRemoveAll && count > 1 ? <Removal all what={title} loss={loss} onRemove={onRemoveAll} /> : null}
      </div>
      <p className="field-hint">{about}</p>
      <ul>{children}</ul>
    </section>
  );
}

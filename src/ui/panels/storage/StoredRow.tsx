// One stored thing: what it is, its size and date, and its removal after a question.
import { useState } from "react";
import { Trash } from "lucide";
import { bytes } from "../../../shared/format.ts";
import { Icon } from "../../parts/Icon.tsx";

interface Props {
  name: string;
  /** Null while it is not known. */
  size: number | null;
  /** ISO 8601 time of the last change. */
  changed: string | null;
  /** Why it cannot be removed now; null: it can. */
  kept: string | null;
  /** What is lost, as a sentence; null: the removal can be undone, so nothing is asked. */
  loss: string | null;
  onRemove: () => void;
}

const dateOf = (changed: string): string => new Date(changed).toLocaleDateString(undefined, { dateStyle: "medium" });

export function StoredRow({ name, size, changed, kept, loss, onRemove }: Props) {
  return (
    <li className="stored-row" data-testid="stored-row">
      <span className="stored-name">{name}</span>
      <span className="stored-facts">
        {size === null ? null : <span>{bytes(size)}</span>}
        {changed === null ? null : <time dateTime={changed}>{dateOf(changed)}</time>}
      </span>
      <span className="stored-actions">
        {kept === null ? <Removal what={name} loss={loss} onRemove={onRemove} /> : <em>{kept}</em>}
      </span>
    </li>
  );
}

interface RemovalProps extends Pick<Props, "loss" | "onRemove"> {
  /** Completes the button's name for screen readers. */
  what: string;
  all?: boolean;
}

/** The button that removes, and the question before it. */
export function Removal({ what, loss, onRemove, all = false }: RemovalProps) {
  const [asking, setAsking] = useState(false);
  const [label, testId] = all ? ["Remove all", "stored-remove-all"] : ["Remove", "stored-remove"];
  if (!asking || loss === null)
    return (
      <button
        type="button"
        className="link"
        aria-label={`${label}: ${what}`}
        data-testid={testId}
        onClick={() => (loss === null ? onRemove() : setAsking(true))}
      >
        <Icon of={Trash} />
        {label}
      </button>
    );
  return (
    <>
      <span role="status">{loss}</span>
      <button type="button" autoFocus data-testid="stored-confirm" onClick={() => (setAsking(false), onRemove())}>
        {label}
      </button>
      <button type="button" className="link" onClick={() => setAsking(false)}>
        Cancel
      </button>
    </>
  );
}

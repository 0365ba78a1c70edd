// One model of the library: its name, where it comes from, what is known about it, and what can be done with it.
import { useState } from "react";
import { Trash } from "lucide";
import { useOpenBlocked } from "../../opening/useOpening.ts";
import { Icon } from "../../parts/Icon.tsx";

interface Props {
  testId: string;
  name: string;
  /** Where the model comes from. */
  where: string;
  /** Family, size, licence; unknown ones are left out. */
  facts: readonly (string | undefined)[];
  /** The model is open now, so it cannot be opened or removed. */
  open: boolean;
  /** Text of the button that opens it. */
  verb: string;
  onOpen: () => void;
  /** What is asked before the model is removed, and its removal; absent for a model that always stays. */
  removal?: { question: string; act: () => void };
}

export function LibraryRow({ testId, name, where, facts, open, verb, onOpen, removal }: Props) {
  const busy = useOpenBlocked();
  const [asking, setAsking] = useState(false);
  return (
    <li className="library-row" data-testid={testId} data-open={open}>
      <p className="library-name">
        {name} <span className="library-where">{where}</span>
      </p>
      <p className="library-facts">{facts.filter((fact) => fact !== undefined && fact !== "").join(" · ")}</p>
      <div className="library-actions">
        {removal && asking ? (
          <>
            <span>{removal.question}</span>
            <button type="button" data-testid="remove-confirm" disabled={busy} onClick={removal.act}>
              Remove
            </button>
            <button type="button" className="link" onClick={() => setAsking(false)}>
              Cancel
            </button>
          </>
        ) : (
          <>
            {removal && !open ? (
              <button
                type="button"
                className="link"
                data-testid="remove"
                disabled={busy}
                aria-label={`Remove ${name}`}
                onClick={() => setAsking(true)}
              >
                <Icon of={Trash} />
                Remove
              </button>
            ) : null}
            {open ? (
              <span className="library-open">currently open</span>
            ) : (
              <button
                type="button"
                data-testid="row-open"
                disabled={busy}
                aria-label={`${verb}: ${name}`}
                onClick={onOpen}
              >
                {verb}
              </button>
            )}
          </>
        )}
      </div>
    </li>
  );
}

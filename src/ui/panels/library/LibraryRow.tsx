// One model of the library: its name, where it is, what is known of it, and what can be done with it.
import { useState } from "react";
import { useOpenBlocked } from "../../opening/useOpening.ts";

interface Props {
  testId: string;
  name: string;
  where: string;
  /** Family, size, licence; what is not known is left out. */
  facts: readonly (string | undefined)[];
  /** It is the one that is open: it cannot be removed. */
  open: boolean;
  verb: string;
  onOpen: () => void;
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
              Keep
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
                Remove
              </button>
            ) : null}
            {open ? (
              <span className="library-open">open now</span>
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

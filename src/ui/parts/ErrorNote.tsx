// An error with its heading, message and remedy, announced to screen readers immediately.
import type { ReactNode } from "react";
import type { EngineError } from "../../engine/index.ts";
import { sentence } from "../../shared/format.ts";
import { REMEDIES } from "../remedies.ts";

interface Props {
  error: EngineError;
  testId: string;
  /** Buttons that act on the error. */
  children?: ReactNode;
}

export function ErrorNote({ error, testId, children }: Props) {
  const { heading, advice } = REMEDIES[error.code];
  return (
    <div className="note note-error" role="alert" data-testid={testId} data-code={error.code}>
      <p>
        <strong>{heading}.</strong> {sentence(error.message)} <span className="note-advice">{advice}</span>
      </p>
      {children ? <div className="note-actions">{children}</div> : null}
    </div>
  );
}

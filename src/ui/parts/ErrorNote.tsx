// An error with its title, message and advice, announced to screen readers immediately.
import type { ReactNode } from "react";
import type { EngineError } from "../../engine/index.ts";
import type { ErrorContext } from "../../state/page/pageState.ts";
import { errorWords } from "../errors/situationOf.ts";

interface Props {
  error: EngineError;
  /** What was being done. */
  context: ErrorContext;
  testId: string;
  /** Buttons that act on the error. */
  children?: ReactNode;
}

export function ErrorNote({ error, context, testId, children }: Props) {
  const { title, message, advice } = errorWords(error, context);
  return (
    <div className="note note-error" role="alert" data-testid={testId} data-code={error.code}>
      <p>
        <strong>{title}</strong> {message} <span className="note-advice">{advice}</span>
      </p>
      {children ? <div className="note-actions">{children}</div> : null}
    </div>
  );
}

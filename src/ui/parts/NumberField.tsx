// A number that is typed: a draft while typing, filed when it is within its bounds, and a word on what is wrong otherwise.
import { useId, useState } from "react";
import type { ReactNode } from "react";

interface Props {
  label: ReactNode;
  value: number;
  /** How the value is written in the field. */
  text?: string;
  min: number;
  max: number;
  whole?: boolean;
  disabled?: boolean;
  hint?: string;
  unit?: string;
  className?: string;
  testId: string;
  onValue: (value: number) => void;
}

function fault(draft: string, { min, max, whole }: Pick<Props, "min" | "max" | "whole">): string | null {
  const value = draft.trim() === "" ? NaN : Number(draft);
  if (Number.isFinite(value) && value >= min && value <= max && (!whole || Number.isInteger(value))) return null;
  return `A ${whole ? "whole " : ""}number from ${min} to ${max}, please.`;
}

export function NumberField(props: Props) {
  const { label, value, text, disabled, hint, unit, className, testId, onValue } = props;
  const id = useId();
  const [draft, setDraft] = useState<string | null>(null);
  const wrong = draft === null ? null : fault(draft, props);
  const file = (): void => {
    if (draft !== null && wrong === null) onValue(Number(draft));
    setDraft(null);
  };
  const described = [hint ? `${id}-hint` : "", wrong ? `${id}-wrong` : ""].filter(Boolean).join(" ");
  return (
    <div className={`field ${className ?? ""}`}>
      <label htmlFor={id}>{label}</label>
      <span className="field-entry">
        <input
          id={id}
          type="text"
          inputMode="decimal"
          autoComplete="off"
          data-testid={testId}
          value={draft ?? text ?? String(value)}
          disabled={disabled}
          aria-invalid={wrong !== null}
          aria-describedby={described || undefined}
          onChange={(event) => setDraft(event.target.value)}
          onBlur={file}
          onKeyDown={(event) => {
            if (event.key === "Enter") file();
            if (event.key === "Escape") setDraft(null);
          }}
        />
        {unit ? <span className="field-unit">{unit}</span> : null}
      </span>
      {hint ? (
        <span className="field-hint" id={`${id}-hint`}>
          {hint}
        </span>
      ) : null}
      {wrong ? (
        <span className="field-wrong" id={`${id}-wrong`} role="alert">
          {wrong}
        </span>
      ) : null}
    </div>
  );
}

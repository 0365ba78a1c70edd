// A field for a typed number: a draft while typing, applied when it is within its bounds, with a message otherwise.
import { useId, useState } from "react";
import type { ReactNode } from "react";
import { grouped } from "../../shared/format.ts";

interface Props {
  label: ReactNode;
  value: number;
  /** How the value is written in the field; by default with all its digits. */
  text?: string;
  /** Bounds of the value, both allowed. */
  min: number;
  max: number;
  /** Only whole numbers are allowed. */
  whole?: boolean;
  disabled?: boolean;
  /** Shown below the field. */
  hint?: string;
  /** Shown after the value. */
  unit?: string;
  className?: string;
  testId: string;
  /** Called with a value within the bounds, on Enter and when the field loses focus. */
  onValue: (value: number) => void;
}

/** Why a draft cannot be applied; null where it can. */
function fault(draft: string, { min, max, whole }: Pick<Props, "min" | "max" | "whole">): string | null {
  const value = draft.trim() === "" ? NaN : Number(draft);
  if (Number.isFinite(value) && value >= min && value <= max && (!whole || Number.isInteger(value))) return null;
  return `Enter a ${whole ? "whole " : ""}number from ${grouped(min)} to ${grouped(max)}.`;
}

export function NumberField(props: Props) {
  const { label, value, text, disabled, hint, unit, className, testId, onValue } = props;
  const id = useId();
  const [draft, setDraft] = useState<string | null>(null);
  const wrong = draft === null ? null : fault(draft, props);
  const apply = (): void => {
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
          onBlur={apply}
          onKeyDown={(event) => {
            if (event.key === "Enter") apply();
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

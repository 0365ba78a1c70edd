// A field for a typed number. A mistake stays in the field with its reason; the value before it stays in use.
import { useId, useState } from "react";
import type { ReactNode } from "react";
import { grouped } from "../../shared/format.ts";
import { WithTerms } from "../terms/WithTerms.tsx";
import { readTyped, type TypedKind } from "../../shared/typedNumber.ts";

interface Props extends TypedKind {
  label: ReactNode;
  value: number;
  /** How the value is written in the field; by default with all its digits. */
  text?: string;
  disabled?: boolean;
  /** Shown below the field. */
  hint?: string;
  /** Shown below an allowed but unusual value. */
  warning?: string | null | undefined;
  /** Why the bounds are as they are; added to the message about a value outside them. */
  why?: string;
  /** Shown after the value. */
  unit?: string;
  className?: string;
  testId: string;
  /** Called with a value within the bounds, on Enter and when the field loses focus. */
  onValue: (value: number) => void;
}

/** What was typed, until it is applied. */
interface Draft {
  text: string;
  /** The value when typing began; the draft ends when something else changes it. */
  of: number;
  /** It was applied in vain, so that its fault is shown. */
  refused: boolean;
}

/** Why a draft cannot be applied, in full sentences; null where it can. */
function faultOf(draft: string, props: Props): string | null {
  const { value, text, min, max, whole, percent, why } = props;
  const typed = readTyped(draft, props);
  if (typed.ok) return null;
  const sign = percent ? " %" : "";
  const bounds = `Enter a ${whole ? "whole " : ""}number from ${grouped(min)}${sign} to ${grouped(max)}${sign}.`;
  const inUse = `${text ?? grouped(value)}${sign} is still in use.`;
  return [typed.reason || bounds, typed.reason ? "" : (why ?? ""), inUse].filter(Boolean).join(" ");
}

export function NumberField(props: Props) {
  const { label, value, text, disabled, hint, warning, unit, className, testId, onValue } = props;
  const id = useId();
  const [last, setDraft] = useState<Draft | null>(null);
  const draft = last?.of === value ? last : null;
  const wrong = draft?.refused ? faultOf(draft.text, props) : null;
  const apply = (): void => {
    if (draft === null) return;
    const typed = readTyped(draft.text, props);
    setDraft(typed.ok ? null : { ...draft, refused: true });
    if (typed.ok) onValue(typed.value);
  };
  const notes = [
    { name: "hint", note: hint },
    { name: "warning", note: wrong ? null : warning },
    { name: "wrong", note: wrong },
  ].filter(({ note }) => note);
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
          value={draft?.text ?? text ?? String(value)}
          disabled={disabled}
          aria-invalid={wrong !== null}
          aria-describedby={notes.map(({ name }) => `${id}-${name}`).join(" ") || undefined}
          onChange={({ target }) => setDraft({ text: target.value, of: value, refused: draft?.refused ?? false })}
          onBlur={apply}
          onKeyDown={({ key }) => {
            if (key === "Enter") apply();
            if (key === "Escape") setDraft(null);
          }}
        />
        {unit ? <span className="field-unit">{unit}</span> : null}
      </span>
      {notes.map(({ name, note }) => (
        <span
          key={name}
          className={`field-${name}`}
          id={`${id}-${name}`}
          role={name === "wrong" ? "alert" : name === "warning" ? "status" : undefined}
          data-testid={name === "hint" ? undefined : `${testId}-${name}`}
        >
          {note ? <WithTerms>{note}</WithTerms> : null}
        </span>
      ))}
    </div>
  );
}

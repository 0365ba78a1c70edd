// The pattern of one-shot pruning: a common one, or one that is typed, with what is wrong with it.
import { useId, useState } from "react";
import { EngineError, parsePattern } from "../../../../engine/index.ts";
import { PatternHint } from "./PatternHint.tsx";

const COMMON: readonly { pattern: string; label: string }[] = [
  { pattern: "2:4", label: "2:4" },
  { pattern: "4:8", label: "4:8" },
  { pattern: "50%", label: "50 %" },
];
/** The choice that shows a field for any pattern. */
const CUSTOM = "own";

/** What is wrong with a pattern; null for a valid one. */
function faultOf(pattern: string): string | null {
  try {
    parsePattern(pattern);
    return null;
  } catch (error) {
    return EngineError.from(error).message;
  }
}

interface Props {
  pattern: string;
  disabled: boolean;
  /** Called with valid patterns only. */
  onPattern(pattern: string): void;
  /** Called at every change: with what is wrong, or null. */
  onFault(fault: string | null): void;
}

export function PatternField({ pattern, disabled, onPattern, onFault }: Props) {
  const id = useId();
  const [draft, setDraft] = useState<string | null>(null);
  const typing = draft !== null || !COMMON.some((one) => one.pattern === pattern);
  const text = draft ?? pattern;
  const set = (next: string): void => {
    const wrong = faultOf(next);
    onFault(wrong);
    if (wrong === null) onPattern(next);
  };
  const choose = (value: string): void => {
    setDraft(value === CUSTOM ? pattern : null);
    set(value === CUSTOM ? pattern : value);
  };
  const type = (value: string): void => {
    setDraft(value);
    set(withoutSpaces(value));
  };
  return (
    <div className="field">
      <label htmlFor={id}>Pattern</label>
      <select
        id={id}
        data-testid="weights-pattern"
        value={typing ? CUSTOM : pattern}
        disabled={disabled}
        onChange={({ target }) => choose(target.value)}
      >
        {COMMON.map((one) => (
          <option key={one.pattern} value={one.pattern}>
            {one.label}
          </option>
        ))}
        <option value={CUSTOM}>Custom…</option>
      </select>
      {typing ? (
        <CustomPattern id={id} text={text} disabled={disabled} onText={type} />
      ) : (
        <PatternHint id={id} pattern={pattern} fault={null} />
      )}
    </div>
  );
}

const withoutSpaces = (text: string): string => text.replaceAll(/\s/g, "");

interface CustomPatternProps {
  /** Of the list; the hint's id is derived from it. */
  id: string;
  text: string;
  disabled: boolean;
  onText(text: string): void;
}

function CustomPattern({ id, text, disabled, onText }: CustomPatternProps) {
  const fault = faultOf(withoutSpaces(text));
  return (
    <>
      <input
        type="text"
        autoComplete="off"
        data-testid="weights-own-pattern"
        aria-label="Custom pattern"
        aria-invalid={fault !== null}
        aria-describedby={`${id}-hint`}
        value={text}
        disabled={disabled}
        onChange={({ target }) => onText(target.value)}
      />
      <PatternHint id={id} pattern={text} fault={fault} />
    </>
  );
}

// The pattern of one-shot pruning: the usual ones, or a text of the reader's own, with what is wrong with it.
import { useId, useState } from "react";
import { EngineError, parsePattern } from "../../../engine/index.ts";

const USUAL: readonly { pattern: string; label: string }[] = [
  { pattern: "2:4", label: "2:4" },
  { pattern: "4:8", label: "4:8" },
  { pattern: "50%", label: "50 %" },
];

/** What is wrong with a pattern, or null. */
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
  /** Hears of patterns that can be read only. */
  onPattern(pattern: string): void;
  /** Hears whether what stands in the field can be read. */
  onFault(fault: string | null): void;
}

export function PatternField({ pattern, disabled, onPattern, onFault }: Props) {
  const id = useId();
  const [own, setOwn] = useState<string | null>(null);
  const usual = USUAL.some((one) => one.pattern === pattern);
  const typing = own !== null || !usual;
  const text = own ?? pattern;
  const fault = typing ? faultOf(text.replaceAll(/\s/g, "")) : null;
  const set = (next: string): void => {
    const wrong = faultOf(next);
    onFault(wrong);
    if (wrong === null) onPattern(next);
  };
  return (
    <div className="field">
      <label htmlFor={id}>Pattern</label>
      <select
        id={id}
        data-testid="weights-pattern"
        value={typing ? "own" : pattern}
        disabled={disabled}
        onChange={({ target: { value } }) => {
          setOwn(value === "own" ? pattern : null);
          set(value === "own" ? pattern : value);
        }}
      >
        {USUAL.map((one) => (
          <option key={one.pattern} value={one.pattern}>
            {one.label}
          </option>
        ))}
        <option value="own">own…</option>
      </select>
      {typing ? (
        <input
          type="text"
          autoComplete="off"
          data-testid="weights-own-pattern"
          aria-label="Own pattern"
          aria-invalid={fault !== null}
          aria-describedby={`${id}-hint`}
          value={text}
          disabled={disabled}
          onChange={({ target: { value } }) => {
            setOwn(value);
            set(value.replaceAll(/\s/g, ""));
          }}
        />
      ) : null}
      {fault === null ? (
        <span className="field-hint" id={`${id}-hint`}>
          {text.includes(":")
            ? "of every M weights side by side, N become zero"
            : "of every line of weights, so many become zero"}
        </span>
      ) : (
        <span className="field-wrong" id={`${id}-hint`} role="alert" data-testid="weights-pattern-wrong">
          {fault}
        </span>
      )}
    </div>
  );
}

// A text whose terms are buttons that explain them.
import { useEffect, useId, useRef, useState } from "react";
import type { CSSProperties } from "react";
import { termParts, type TermEntry } from "./glossary.ts";

/** Of an explanation, CSS pixels. */
const WIDTH = 300;
const MARGIN = 8;

export function WithTerms({ children }: { children: string }) {
  return termParts(children).map(({ text, entry }, i) => (entry ? <Term key={i} text={text} entry={entry} /> : text));
}

/** Below the button, or above it where there is more room; within the window. */
function placeAt(button: Element): CSSProperties {
  const { left, top, bottom } = button.getBoundingClientRect();
  const width = Math.min(WIDTH, innerWidth - 2 * MARGIN);
  const below = bottom < innerHeight / 2;
  return {
    width,
    left: Math.max(MARGIN, Math.min(left, innerWidth - width - MARGIN)),
    ...(below ? { top: bottom + 4 } : { bottom: innerHeight - top + 4 }),
  };
}

function Term({ text, entry }: { text: string; entry: TermEntry }) {
  const [place, setPlace] = useState<CSSProperties | null>(null);
  const term = useRef<HTMLSpanElement>(null);
  const id = useId();
  const open = place !== null;
  useEffect(() => {
    if (!open) return undefined;
    const close = (): void => setPlace(null);
    const pressed = (event: PointerEvent): void => {
      if (!(event.target instanceof Node && term.current?.contains(event.target))) close();
    };
    const key = (event: KeyboardEvent): void => {
      if (event.key === "Escape") close();
    };
    document.addEventListener("pointerdown", pressed);
    document.addEventListener("keydown", key);
    // the explanation goes with its term
    const scrolled = (): void => setPlace(term.current ? placeAt(term.current) : null);
    addEventListener("scroll", scrolled, true);
    return () => {
      document.removeEventListener("pointerdown", pressed);
      document.removeEventListener("keydown", key);
      removeEventListener("scroll", scrolled, true);
    };
  }, [open]);
  return (
    <span className="term-holder" ref={term}>
      <button
        type="button"
        className="term"
        aria-expanded={open}
        aria-describedby={open ? id : undefined}
        onClick={({ currentTarget }) => setPlace(open ? null : placeAt(currentTarget))}
      >
        {text}
      </button>
      {place ? (
        <span className="term-note" id={id} role="note" style={place} data-testid="term-note">
          <strong>{entry.name}</strong> <span>{entry.text}</span> <em>{entry.source}</em>
        </span>
      ) : null}
    </span>
  );
}

// A text whose terms are buttons that explain them. The browser shows and closes an explanation and places it (styles/frame.css).
import { useId, useState } from "react";
import type { ToggleEvent } from "react";
import { termParts, type TermEntry } from "./glossary.ts";

export function WithTerms({ children }: { children: string }) {
  return termParts(children).map(({ text, entry }, i) => (entry ? <Term key={i} text={text} entry={entry} /> : text));
}

/** A click on what cannot have the focus closes an explanation and takes the focus: the term gets it back. */
function keepFocusOnTerm({ newState, currentTarget }: ToggleEvent<HTMLElement>): void {
  const term = currentTarget.previousElementSibling;
  if (newState === "closed" && document.activeElement === document.body && term instanceof HTMLElement)
    term.focus({ preventScroll: true });
}

function Term({ text, entry }: { text: string; entry: TermEntry }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <span className="term-holder">
      <button
        type="button"
        className="term"
        popoverTarget={id}
        aria-expanded={open}
        aria-describedby={open ? id : undefined}
      >
        {text}
      </button>
      <span
        className="term-note"
        id={id}
        role="note"
        popover="auto"
        data-testid="term-note"
        onBeforeToggle={({ newState }) => setOpen(newState === "open")}
        onToggle={keepFocusOnTerm}
      >
        {open ? (
          <>
            <strong>{entry.name}</strong> <span>{entry.text}</span> <em>{entry.source}</em>
          </>
        ) : null}
      </span>
    </span>
  );
}

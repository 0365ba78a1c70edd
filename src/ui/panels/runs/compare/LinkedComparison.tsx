// A comparison that somebody else has made, from a link or a file: what was measured, without masks or models.
import { useEffect, useRef } from "react";
import { X } from "lucide";
import type { Comparison } from "../../../../engine/index.ts";
import { useActions } from "../../../studioContext.tsx";
import { VerdictTable } from "./VerdictTable.tsx";
import { Icon } from "../../../parts/Icon.tsx";

export function LinkedComparison({ a, b }: Comparison) {
  const { closeComparison } = useActions();
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    section.current?.scrollIntoView();
    section.current?.focus({ preventScroll: true });
  }, [a, b]);
  return (
    <section
      ref={section}
      tabIndex={-1}
      className="runs-compare"
      data-testid="linked-comparison"
      aria-label="Comparison from a link or file"
    >
      <h3>Comparison from a link or file</h3>
      <p>
        Of the model {a.model.name}
        {b && b.model.name !== a.model.name ? ` and ${b.model.name}` : ""}, as somebody has measured it. The runs
        themselves are not in it, and nothing is saved here.
      </p>
      <VerdictTable a={a} b={b} />
      <p className="actions">
        <button type="button" data-testid="linked-close" onClick={closeComparison}>
          <Icon of={X} />
          Close
        </button>
      </p>
    </section>
  );
}

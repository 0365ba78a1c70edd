// An icon of the set (lucide), beside a word or in its place. It is decoration: a button's name is its text or its label.
import { createElement } from "react";
import type { IconNode } from "lucide";

interface Props {
  /** Imported from "lucide". Its size and stroke are those of `.icon` (src/charts/charts.css). */
  of: IconNode;
}

export function Icon({ of }: Props) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      {of.map(([tag, attributes], i) => createElement(tag, { key: i, ...attributes }))}
    </svg>
  );
}

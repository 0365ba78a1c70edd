// A link to another place on the page. It scrolls there and leaves the address alone, whose part after "#" is the recipe.
import type { MouseEvent, ReactNode } from "react";
import { goTo } from "./goTo.ts";

interface Props {
  /** Id of the element to scroll to. */
  to: string;
  className?: string;
  /** The place that the window shows now. */
  current?: boolean;
  keys?: string;
  children: ReactNode;
}

export function SectionLink({ to, className, current, keys, children }: Props) {
  const scroll = (event: MouseEvent): void => {
    event.preventDefault();
    goTo(to);
  };
  return (
    <a
      href={`#${to}`}
      className={className}
      aria-current={current ? "location" : undefined}
      aria-keyshortcuts={keys}
      onClick={scroll}
    >
      {children}
    </a>
  );
}

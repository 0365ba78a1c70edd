// A link to another place on the page. It scrolls there and leaves the address alone, whose part after "#" is the recipe.
import type { MouseEvent, ReactNode } from "react";

interface Props {
  /** Id of the element to scroll to. */
  to: string;
  children: ReactNode;
}

export function SectionLink({ to, children }: Props) {
  const scroll = (event: MouseEvent): void => {
    event.preventDefault();
    const target = document.getElementById(to);
    if (!target) return;
    target.scrollIntoView();
    // the next Tab continues from there, as after a link of the browser's own
    target.tabIndex = -1;
    target.focus({ preventScroll: true });
  };
  return (
    <a href={`#${to}`} onClick={scroll}>
      {children}
    </a>
  );
}

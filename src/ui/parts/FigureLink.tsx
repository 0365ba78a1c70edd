// A link to a figure by its number, which follows the figure's place on the page.
import type { ReactNode } from "react";
import { useFigureNumber } from "./figureNumbers.ts";
import { SectionLink } from "./SectionLink.tsx";

interface Props {
  /** Name of the figure, as its `Figure` has it. */
  name: string;
  /** What the figure shows, after its number. */
  children?: ReactNode;
}

export function FigureLink({ name, children }: Props) {
  const number = useFigureNumber(name);
  return (
    <SectionLink to={`figure-${name}`}>
      {number === null ? "the figure" : `Fig. ${number}`}
      {children}
    </SectionLink>
  );
}

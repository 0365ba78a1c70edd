// What stays in sight of a part that unfolds: an arrow, its name, and what it says in brief while it is folded.
import type { ReactNode } from "react";
import { ChevronRight } from "lucide";
import { Icon } from "./Icon.tsx";

interface Props {
  /** Of the name, so that something else can refer to it. */
  id?: string;
  /** The name. */
  children: ReactNode;
  gist?: ReactNode;
}

export function Summary({ id, children, gist }: Props) {
  return (
    <summary>
      <Icon of={ChevronRight} />
      <span className="disclosure-name" id={id}>
        {children}
      </span>{" "}
      {gist === undefined ? null : <span className="disclosure-gist">{gist}</span>}
    </summary>
  );
}

// One named fact of an exported form.
import type { ReactNode } from "react";

interface Props {
  name: string;
  children: ReactNode;
  testId?: string;
}

export function Fact({ name, children, testId }: Props) {
  return (
    <div>
      <dt>{name}</dt>
      <dd data-testid={testId}>{children}</dd>
    </div>
  );
}

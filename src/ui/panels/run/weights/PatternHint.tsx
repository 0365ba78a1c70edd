// What a pattern of one-shot pruning means, or what is wrong with it.
import { sentence } from "../../../../shared/format.ts";

interface Props {
  /** Of the field; the hint's id is this with "-hint". */
  id: string;
  pattern: string;
  /** What is wrong with the pattern; null for a valid one. */
  fault: string | null;
}

export function PatternHint({ id, pattern, fault }: Props) {
  if (fault !== null)
    return (
      <span className="field-wrong" id={`${id}-hint`} role="alert" data-testid="weights-pattern-wrong">
        {sentence(fault)}
      </span>
    );
  return (
    <span className="field-hint" id={`${id}-hint`}>
      {pattern.includes(":")
        ? "N of every M neighbouring weights become 0"
        : "This share of each row or column becomes 0"}
    </span>
  );
}

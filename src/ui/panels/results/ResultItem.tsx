// One of the results: a label, a value, and a note on what the value means.
import { WithTerms } from "../../terms/WithTerms.tsx";

interface Props {
  label: string;
  /** Of the value; the note's is this with "-note". */
  testId: string;
  value: string;
  note: string;
  /** The value is not of what is shown: it is dimmed until it is. */
  behind?: boolean;
}

export function ResultItem({ label, testId, value, note, behind = false }: Props) {
  return (
    <div className="result">
      <dt>
        <WithTerms>{label}</WithTerms>
      </dt>
      <dd>
        <span className="result-value" data-testid={testId} aria-busy={behind} data-behind={behind}>
          {value}
        </span>
        <span className="result-note" data-testid={`${testId}-note`} title={note}>
          {note}
        </span>
      </dd>
    </div>
  );
}

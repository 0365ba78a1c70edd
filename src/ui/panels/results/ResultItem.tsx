// One of the results: a label, a value, and a note on what the value means.

interface Props {
  label: string;
  /** Of the value; the note's is this with "-note". */
  testId: string;
  value: string;
  note: string;
}

export function ResultItem({ label, testId, value, note }: Props) {
  return (
    <div className="result">
      <dt>{label}</dt>
      <dd>
        <span className="result-value" data-testid={testId}>
          {value}
        </span>
        <span className="result-note" data-testid={`${testId}-note`}>
          {note}
        </span>
      </dd>
    </div>
  );
}

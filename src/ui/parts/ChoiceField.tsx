// A labelled list to choose one value from, with a hint below.
import { WithTerms } from "../terms/WithTerms.tsx";

interface Props<T extends string> {
  /** Element id of the list, also its test id. */
  id: string;
  label: string;
  value: T;
  /** `title` is the text shown for a value. */
  options: readonly { value: T; title: string }[];
  disabled?: boolean;
  /** Shown below the list. */
  hint?: string;
  className?: string;
  /** Called with the new choice. */
  onValue: (value: T) => void;
}

export function ChoiceField<T extends string>(props: Props<T>) {
  const { id, label, value, options, disabled, hint, className, onValue } = props;
  return (
    <div className={`field ${className ?? ""}`}>
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        data-testid={id}
        value={value}
        disabled={disabled}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={({ target }) => {
          const chosen = options.find((option) => option.value === target.value);
          if (chosen) onValue(chosen.value);
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.title}
          </option>
        ))}
      </select>
      {hint ? (
        <span className="field-hint" id={`${id}-hint`}>
          <WithTerms>{hint}</WithTerms>
        </span>
      ) : null}
    </div>
  );
}

// One of a few: a list to choose from, with a word on what the choice is about.

interface Props<T extends string> {
  /** Of the list, for its label and for tests. */
  id: string;
  label: string;
  value: T;
  options: readonly { value: T; title: string }[];
  disabled?: boolean;
  hint?: string;
  className?: string;
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
          {hint}
        </span>
      ) : null}
    </div>
  );
}

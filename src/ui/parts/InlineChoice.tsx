// A list to choose one value from, in a line beside other controls of a figure.

interface Props<Value extends string> {
  label: string;
  options: readonly { value: Value; text: string }[];
  value: Value;
  testId: string;
  disabled?: boolean;
  onChange: (value: Value) => void;
}

export function InlineChoice<Value extends string>({
  label,
  options,
  value,
  testId,
  disabled = false,
  onChange,
}: Props<Value>) {
  return (
    <label className="map-choice">
      {label}
      <select
        value={value}
        data-testid={testId}
        disabled={disabled}
        onChange={({ target }) => {
          const chosen = options.find((option) => option.value === target.value);
          if (chosen) onChange(chosen.value);
        }}
      >
        {options.map(({ value: own, text }) => (
          <option key={own} value={own}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

// The list of ratios for a nested model, with its errors, and the button that prepares it.
import { useId, useRef, useState } from "react";
import { PackageCheck } from "lucide";
import { readNestedList, usualList } from "../../../../state/export/nestedList.ts";
import type { RunArchitecture } from "../../../../worker/protocol.ts";
import { sentence } from "../../../../shared/format.ts";
import { useActions, useStudio } from "../../../studioContext.tsx";
import { Icon } from "../../../parts/Icon.tsx";

interface Props {
  /** The ratios that the run was trained for. */
  bounds: NonNullable<RunArchitecture["trainedFor"]>;
  ready: boolean;
}

/** Errors of the list are shown once the field is left or the form is submitted, not during typing. */
export function NestedForm({ bounds, ready }: Props) {
  const id = useId();
  const typed = useStudio((state) => state.nestedList);
  const prepared = useStudio((state) => state.nested.last !== null);
  const { setNestedList, prepareNested } = useActions();
  const [checked, setChecked] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const text = typed ?? usualList(bounds);
  const list = readNestedList(text, bounds);
  const wrong = checked && !list.ok ? list.reason : null;
  const submit = (): void => {
    setChecked(true);
    if (list.ok && ready) void prepareNested();
    else if (!list.ok) field.current?.focus();
  };
  return (
    <form
      className="nested-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className="field">
        <label htmlFor={id}>Ratios to include</label>
        <span className="field-entry">
          <input
            id={id}
            ref={field}
            type="text"
            autoComplete="off"
            spellCheck={false}
            data-testid="nested-ratios"
            value={text}
            aria-invalid={wrong !== null}
            aria-describedby={wrong ? `${id}-hint ${id}-wrong` : `${id}-hint`}
            onChange={({ target }) => setNestedList(target.value)}
            onBlur={() => setChecked(true)}
          />
          <button type="submit" data-testid="nested-prepare" disabled={!ready}>
            <Icon of={PackageCheck} />
            {prepared ? "Prepare again" : "Prepare nested model"}
          </button>
        </span>
        <span className="field-hint" id={`${id}-hint`}>
          Kept shares of the block weights between {bounds.from} and {bounds.to}, separated by commas
        </span>
        {wrong ? (
          <span className="field-wrong" id={`${id}-wrong`} role="alert" data-testid="nested-refused">
            {sentence(wrong)}
          </span>
        ) : null}
      </div>
    </form>
  );
}

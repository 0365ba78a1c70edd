// The choice of one text: bundled with the studio, or a file from this machine.
import { useRef } from "react";
import { FileUp } from "lucide";
import { EngineError } from "../../../engine/index.ts";
import { BUNDLED_TEXTS, titleOf } from "../../../shared/texts.ts";
import { canChangeTexts } from "../../../state/allowed.ts";
import { readTextFile } from "../../parts/readTextFile.ts";
import { Icon } from "../../parts/Icon.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";

/** The choice that stands for a file from this machine. */
const OWN = "own";

interface Props {
  /** What the text is used for. */
  use: "calibration" | "evaluation";
  label: string;
  hint: string;
}

export function TextSelect({ use, label, hint }: Props) {
  const source = useStudio((state) => state[use]);
  const busy = !useStudio(canChangeTexts);
  const { setTexts } = useActions();
  return (
    <div className="field">
      <span className="field-head">
        <label htmlFor={`text-${use}`}>{label}</label>
        <OwnText use={use} label={label} disabled={busy} />
      </span>
      <select
        id={`text-${use}`}
        data-testid={`text-${use}`}
        value={source.kind === "own" ? OWN : source.name}
        disabled={busy}
        onChange={(event) => {
          const found = BUNDLED_TEXTS.find(({ name }) => name === event.target.value);
          if (found) void setTexts({ [use]: { kind: "bundled", name: found.name } });
        }}
      >
        {BUNDLED_TEXTS.map(({ name, title, note }) => (
          <option key={name} value={name} title={note}>
            {title}
          </option>
        ))}
        {source.kind === "own" ? <option value={OWN}>{titleOf(source)}</option> : null}
      </select>
      <span className="field-hint">{hint}</span>
    </div>
  );
}

interface OwnTextProps extends Pick<Props, "use" | "label"> {
  disabled: boolean;
}

/** The button that takes a file, with its hidden field. */
function OwnText({ use, label, disabled }: OwnTextProps) {
  const { setTexts, notify } = useActions();
  const field = useRef<HTMLInputElement>(null);
  const take = (file: File): void => {
    readTextFile(file).then(
      (text) => setTexts({ [use]: { kind: "own", name: file.name, text } }),
      (error: unknown) => notify(EngineError.from(error), "text"),
    );
  };
  return (
    <>
      <button type="button" className="link" disabled={disabled} onClick={() => field.current?.click()}>
        <Icon of={FileUp} />
        Your own file…
      </button>
      <input
        ref={field}
        type="file"
        accept=".txt,.md,text/plain"
        hidden
        aria-label={`${label}: your own file`}
        data-testid={`text-${use}-file`}
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) take(file);
          event.target.value = "";
        }}
      />
    </>
  );
}

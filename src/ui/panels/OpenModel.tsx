// Opening a model: the embedded one, or a folder of one's own; progress while it opens, and why it did not.
import { type ChangeEvent, useRef } from "react";
import { Progress } from "radix-ui";
import { sourceOfFiles } from "../droppedFiles.ts";
import { ErrorNote } from "../ErrorNote.tsx";
import { bytes, percent } from "../format.ts";
import { useActions, useCalm, useStudio } from "../studioContext.tsx";

function Opening({ name }: { name: string }) {
  const progress = useCalm((state) => state.progress.open);
  const share = progress && progress.total > 0 ? progress.done / progress.total : 0;
  const amount =
    progress?.unit === "bytes"
      ? `${bytes(progress.done)} of ${bytes(progress.total)}`
      : progress
        ? percent(share, 0)
        : "";
  return (
    <div className="opening" data-testid="opening" role="status">
      <p>
        Opening {name}… {progress?.note ?? ""} {amount}
      </p>
      <Progress.Root className="bar" value={Math.round(100 * share)} aria-label={`Opening ${name}`}>
        <Progress.Indicator className="bar-fill" style={{ transform: `scaleX(${share})` }} />
      </Progress.Root>
    </div>
  );
}

export function OpenModel() {
  const opening = useStudio(({ model }) => (model.phase === "opening" ? model.name : null));
  const embedded = useStudio(({ source, model }) => source.kind === "embedded" && model.phase === "open");
  const busy = useStudio(
    ({ run, asked, model }) => run.phase === "training" || asked !== null || model.phase === "opening",
  );
  const error = useStudio((state) => state.openError);
  const { open } = useActions();
  const picker = useRef<HTMLInputElement>(null);
  const filePicker = useRef<HTMLInputElement>(null);
  const choose = ({ target }: ChangeEvent<HTMLInputElement>): void => {
    const source = sourceOfFiles([...(target.files ?? [])]);
    target.value = "";
    if (source) void open(source);
  };
  return (
    <div className="open-model">
      {opening === null ? null : <Opening name={opening} />}
      <p className="actions">
        <button type="button" data-testid="open-folder" disabled={busy} onClick={() => picker.current?.click()}>
          Open a folder…
        </button>
        <button type="button" data-testid="open-file" disabled={busy} onClick={() => filePicker.current?.click()}>
          Open a GGUF file…
        </button>
        {embedded ? null : (
          <button
            type="button"
            className="link"
            data-testid="open-embedded"
            disabled={busy}
            onClick={() => void open({ kind: "embedded" })}
          >
            the embedded model
          </button>
        )}
      </p>
      <p className="field-hint">
        Or drop it on the page: config.json, tokenizer.json and *.safetensors, as they come from the hub, or one *.gguf.
      </p>
      <input
        ref={(node) => {
          picker.current = node;
          node?.setAttribute("webkitdirectory", "");
        }}
        type="file"
        multiple
        hidden
        aria-label="Model folder"
        data-testid="open-files"
        onChange={choose}
      />
      <input
        ref={filePicker}
        type="file"
        accept=".gguf"
        hidden
        aria-label="GGUF file"
        data-testid="open-gguf"
        onChange={choose}
      />
      {error ? <ErrorNote error={error} testId="open-error" /> : null}
    </div>
  );
}

// Buttons that choose a model on this machine: its folder, or one GGUF file.
import { useRef } from "react";
import { sourceOfFiles } from "../droppedFiles.ts";
import { useBusy, useOpening } from "../useOpening.ts";

interface Props {
  testId: string;
  /** Of the field behind the button, which takes files where the browser has no picker of its own. */
  fieldTestId: string;
}

export function PickFolder({ testId, fieldTestId }: Props) {
  const busy = useBusy();
  const { openSource, pickFolder } = useOpening();
  const field = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        data-testid={testId}
        disabled={busy}
        onClick={() => {
          if (!pickFolder()) field.current?.click();
        }}
      >
        Open a folder…
      </button>
      <input
        ref={(node) => {
          field.current = node;
          node?.setAttribute("webkitdirectory", "");
        }}
        type="file"
        multiple
        hidden
        aria-label="Model folder"
        data-testid={fieldTestId}
        onChange={(event) => {
          const source = sourceOfFiles([...(event.target.files ?? [])]);
          event.target.value = "";
          if (source) void openSource(source);
        }}
      />
    </>
  );
}

export function PickGguf({ testId, fieldTestId }: Props) {
  const busy = useBusy();
  const { openSource } = useOpening();
  const field = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" data-testid={testId} disabled={busy} onClick={() => field.current?.click()}>
        Open a GGUF file…
      </button>
      <input
        ref={field}
        type="file"
        accept=".gguf"
        hidden
        aria-label="GGUF file"
        data-testid={fieldTestId}
        onChange={(event) => {
          const source = sourceOfFiles([...(event.target.files ?? [])]);
          event.target.value = "";
          if (source) void openSource(source);
        }}
      />
    </>
  );
}

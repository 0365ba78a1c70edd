// Buttons that choose a model on this machine: its folder, or one GGUF file.
import { type RefObject, useRef } from "react";
import { sourceOfFiles } from "../../opening/droppedFiles.ts";
import { useOpenBlocked, useOpening } from "../../opening/useOpening.ts";

interface Props {
  testId: string;
  /** Of the field behind the button, which takes files where the browser has no picker of its own. */
  fieldTestId: string;
}

/** The hidden field behind a button; what is chosen in it is opened. */
function FileField({
  fieldRef,
  folder = false,
  accept,
  label,
  testId,
}: {
  fieldRef: RefObject<HTMLInputElement | null>;
  folder?: boolean;
  accept?: string;
  label: string;
  testId: string;
}) {
  const { openSource } = useOpening();
  return (
    <input
      ref={(node) => {
        fieldRef.current = node;
        if (folder) node?.setAttribute("webkitdirectory", "");
      }}
      type="file"
      multiple={folder}
      accept={accept}
      hidden
      aria-label={label}
      data-testid={testId}
      onChange={(event) => {
        const source = sourceOfFiles([...(event.target.files ?? [])]);
        event.target.value = "";
        if (source) void openSource(source);
      }}
    />
  );
}

export function PickFolder({ testId, fieldTestId }: Props) {
  const busy = useOpenBlocked();
  const { pickFolder } = useOpening();
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
      <FileField fieldRef={field} folder label="Model folder" testId={fieldTestId} />
    </>
  );
}

export function PickGguf({ testId, fieldTestId }: Props) {
  const busy = useOpenBlocked();
  const field = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" data-testid={testId} disabled={busy} onClick={() => field.current?.click()}>
        Open a GGUF file…
      </button>
      <FileField fieldRef={field} accept=".gguf" label="GGUF file" testId={fieldTestId} />
    </>
  );
}

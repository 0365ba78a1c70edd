// Buttons that open a model on this machine: from its folder or from a GGUF file.
import { type RefObject, useRef } from "react";
import { FileUp, FolderOpen } from "lucide";
import { sourceOfFiles } from "../../opening/droppedFiles.ts";
import { useOpenBlocked, useOpening } from "../../opening/useOpening.ts";
import { Icon } from "../../parts/Icon.tsx";

interface Props {
  testId: string;
  /** Of the hidden file field behind the button. */
  fieldTestId: string;
}

interface FileFieldProps {
  /** Set to the field, so that the button can click it. */
  fieldRef: RefObject<HTMLInputElement | null>;
  /** Takes a folder instead of files. */
  folder?: boolean;
  /** Endings of the files to choose from. */
  accept?: string;
  label: string;
  testId: string;
}

/** The hidden file field behind a button; opens what is chosen. */
function FileField({ fieldRef, folder = false, accept, label, testId }: FileFieldProps) {
  const { openSource } = useOpening();
  return (
    <input
      ref={(node) => {
        fieldRef.current = node;
        if (folder) node?.setAttribute("webkitdirectory", "");
      }}
      type="file"
      multiple
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
        <Icon of={FolderOpen} />
        Open folder…
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
        <Icon of={FileUp} />
        Open GGUF file…
      </button>
      <FileField fieldRef={field} accept=".gguf" label="GGUF file" testId={fieldTestId} />
    </>
  );
}

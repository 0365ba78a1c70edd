// The reader's own models: by name on the hub or by address, or from this machine.
import { useId, useState } from "react";
import { Download } from "lucide";
import { useOpenBlocked, useOpening } from "../../opening/useOpening.ts";
import { GgufChoices } from "./GgufChoices.tsx";
import { PickFolder, PickGguf } from "./PickFiles.tsx";
import { Icon } from "../../parts/Icon.tsx";

interface DownloadFormProps {
  /** No model can be opened now. */
  busy: boolean;
  /** Called with the name or address in the field. */
  onDownload: (address: string) => void;
}

function DownloadForm({ busy, onDownload }: DownloadFormProps) {
  const [address, setAddress] = useState("");
  const [field, hint] = [useId(), useId()];
  return (
    <form
      className="library-download"
      onSubmit={(event) => {
        event.preventDefault();
        onDownload(address);
      }}
    >
      <label htmlFor={field}>Hugging Face model or address</label>
      <input
        id={field}
        type="text"
        value={address}
        placeholder="facebook/opt-125m"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        aria-describedby={hint}
        data-testid="hub-address"
        onChange={(event) => setAddress(event.target.value)}
      />
      <button type="submit" className="primary" data-testid="hub-fetch" disabled={busy || address.trim() === ""}>
        <Icon of={Download} />
        Download
      </button>
      <p id={hint} className="field-hint">
        organisation/model or organisation/model@revision on huggingface.co, or the https address of a folder or a .gguf
        file. Only config, tokenizer and weights are downloaded; they are kept in this browser.
      </p>
    </form>
  );
}

export function BringYourOwn() {
  const busy = useOpenBlocked();
  const { openSource } = useOpening();
  const download = (address: string): void => {
    // with permission the browser keeps the model when its disk runs short; without it the download works all the same
    void navigator.storage.persist().catch(() => false);
    void openSource({ kind: "hub", address });
  };
  return (
    <>
      <h3>Your own</h3>
      <DownloadForm busy={busy} onDownload={download} />
      <GgufChoices busy={busy} onChoose={download} />
      <p className="actions">
        <PickFolder testId="library-folder" fieldTestId="library-files" />
        <PickGguf testId="library-gguf" fieldTestId="library-gguf-file" />
        <span className="field-hint">or drop one on this page</span>
      </p>
    </>
  );
}

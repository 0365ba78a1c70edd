// Models of one's own: by name on the hub or by address, with the choice among GGUF files where there are several; or from this machine.
import { useId, useState } from "react";
import type { EngineError } from "../../../engine/index.ts";
import { bytes } from "../../../shared/format.ts";
import { useStudio } from "../../studioContext.tsx";
import { useOpenBlocked, useOpening } from "../../opening/useOpening.ts";
import { PickFolder, PickGguf } from "./PickFiles.tsx";

interface Choice {
  address: string;
  name: string;
  size: number;
}

/** The files that one must choose from, where the last attempt ended with that question. */
function choicesOf(error: EngineError | null): Choice[] {
  const { choices, names, sizes } = error?.detail ?? {};
  if (!Array.isArray(choices) || !Array.isArray(names) || !Array.isArray(sizes)) return [];
  return choices.map((address, i) => ({ address: String(address), name: String(names[i]), size: Number(sizes[i]) }));
}

export function BringYourOwn() {
  const busy = useOpenBlocked();
  const [address, setAddress] = useState("");
  const choices = choicesOf(useStudio((state) => state.openError));
  const { openSource } = useOpening();
  const [field, hint] = [useId(), useId()];
  const fetchIt = (from: string): void => {
    // a browser that is asked keeps the model when its disk runs short; its answer changes nothing here
    void navigator.storage.persist().catch(() => false);
    void openSource({ kind: "hub", address: from });
  };
  return (
    <>
      <h3>Your own</h3>
      <form
        className="library-fetch"
        onSubmit={(event) => {
          event.preventDefault();
          fetchIt(address);
        }}
      >
        <label htmlFor={field}>Name on the hub, or address</label>
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
          Fetch
        </button>
        <p id={hint} className="field-hint">
          huggingface.co’s organisation/model, with @revision if you like; or the https address of a folder or a .gguf
          file. Only config, tokenizer and weights are fetched, and kept in this browser.
        </p>
      </form>
      {choices.length > 0 ? (
        <ul className="library-choices" data-testid="choices" aria-label="GGUF files to choose from">
          {choices.map((choice) => (
            <li key={choice.address}>
              <button type="button" className="link" disabled={busy} onClick={() => fetchIt(choice.address)}>
                {choice.name}
              </button>{" "}
              {bytes(choice.size)}
            </li>
          ))}
        </ul>
      ) : null}
      <p className="actions">
        <PickFolder testId="library-folder" fieldTestId="library-files" />
        <PickGguf testId="library-gguf" fieldTestId="library-gguf-file" />
        <span className="field-hint">or drop either on the page</span>
      </p>
    </>
  );
}

// The way from the open model to another one: the library, a folder, a GGUF file; progress while one opens, and why it did not.
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";
import { OpeningProgress } from "./OpeningProgress.tsx";
import { PickFolder, PickGguf } from "../library/PickFiles.tsx";

export function OpenModel() {
  // the library shows both itself while it is open
  const shown = useStudio((state) => state.libraryShown);
  const error = useStudio((state) => state.openError);
  const { showLibrary } = useActions();
  return (
    <div className="open-model">
      {shown ? null : <OpeningProgress />}
      <p className="actions">
        <button type="button" data-testid="open-library" onClick={() => showLibrary(true)}>
          Models…
        </button>
        <PickFolder testId="open-folder" fieldTestId="open-files" />
        <PickGguf testId="open-file" fieldTestId="open-gguf" />
      </p>
      <p className="field-hint">Or drop a model’s folder or GGUF file on the page.</p>
      {error && !shown ? <ErrorNote error={error} testId="open-error" /> : null}
    </div>
  );
}

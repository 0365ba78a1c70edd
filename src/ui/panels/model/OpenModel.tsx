// How to open another model: the library, a folder or a GGUF file; with progress, and the error of a model that did not open.
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";
import { OpeningProgress } from "./OpeningProgress.tsx";
import { PickFolder, PickGguf } from "../library/PickFiles.tsx";

export function OpenModel() {
  // the library shows progress and error itself while it is open
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
      <p className="field-hint">Or drop a model folder or a GGUF file on this page.</p>
      {error && !shown ? <ErrorNote error={error} testId="open-error" /> : null}
    </div>
  );
}

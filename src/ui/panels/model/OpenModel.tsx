// How to open another model: the library, a folder or a GGUF file. Progress and errors are shown at the top of the window.
import { Boxes } from "lucide";
import { useActions } from "../../studioContext.tsx";
import { PickFolder, PickGguf } from "../library/PickFiles.tsx";
import { Icon } from "../../parts/Icon.tsx";

export function OpenModel() {
  const { showLibrary } = useActions();
  return (
    <div className="open-model">
      <p className="actions">
        <button type="button" data-testid="open-library" onClick={() => showLibrary(true)}>
          <Icon of={Boxes} />
          Models…
        </button>
        <PickFolder testId="open-folder" fieldTestId="open-files" />
        <PickGguf testId="open-file" fieldTestId="open-gguf" />
      </p>
      <p className="field-hint">Or drop a model folder or a GGUF file on this page.</p>
    </div>
  );
}

// What is selected in the map, which figures follow it, and the button that clears it.
import { X } from "lucide";
import { useActions, useStudio } from "../../studioContext.tsx";
import { selectionWords } from "../../views/selectionView.ts";
import { Icon } from "../../parts/Icon.tsx";

export function SelectionNote() {
  const words = useStudio(selectionWords);
  const dimensions = useStudio((state) => state.selectedDimensions !== null);
  const { clearSelection } = useActions();
  if (words === null) return null;
  return (
    <p className="selection-note" role="status" data-testid="selection">
      Selected: {words}. Layers, widths, budget and gate logits show only these
      {dimensions ? " (dimensions: gate logits alone)" : ""}.{" "}
      <button type="button" className="link" data-testid="selection-clear" onClick={clearSelection}>
        <Icon of={X} />
        Clear
      </button>
    </p>
  );
}

// The question before the run is reset.
import { useRef } from "react";
import { AlertDialog } from "radix-ui";
import { useActions, useStudio } from "../../studioContext.tsx";

export function ResetDialog() {
  const open = useStudio((state) => state.dialog === "reset");
  const { reset, showDialog } = useActions();
  const before = useRef<Element | null>(null);
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => showDialog(next ? "reset" : null)}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="dialog-veil" />
        <AlertDialog.Content
          className="dialog"
          // a key opens it too: the focus goes back to where it was, not to the button that would open it again
          onOpenAutoFocus={() => {
            before.current = document.activeElement;
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (before.current instanceof HTMLElement) before.current.focus();
          }}
        >
          <AlertDialog.Title>Reset the run?</AlertDialog.Title>
          <AlertDialog.Description>
            This deletes the trained hypernetwork, checkpoint, curves and map. The model and its dense perplexity stay.
          </AlertDialog.Description>
          <div className="dialog-actions">
            <AlertDialog.Cancel asChild>
              <button type="button">Cancel</button>
            </AlertDialog.Cancel>
            <AlertDialog.Action asChild>
              <button type="button" className="primary" data-testid="reset-confirm" onClick={() => void reset()}>
                Reset
              </button>
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}

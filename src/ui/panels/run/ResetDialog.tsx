// The button that resets the run, and the dialog that asks first.
import { AlertDialog } from "radix-ui";
import { useActions } from "../../studioContext.tsx";

interface Props {
  open: boolean;
  /** Called when the dialog opens or closes. */
  onOpen: (open: boolean) => void;
  disabled: boolean;
}

export function ResetDialog({ open, onOpen, disabled }: Props) {
  const { reset } = useActions();
  return (
    <AlertDialog.Root open={open} onOpenChange={onOpen}>
      <AlertDialog.Trigger asChild>
        <button type="button" data-testid="reset" aria-keyshortcuts="R" disabled={disabled}>
          Reset
        </button>
      </AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="dialog-veil" />
        <AlertDialog.Content className="dialog">
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

// The library in a dialog over the studio: the built-in model, recent models, and the reader's own.
import { useRef } from "react";
import { Dialog } from "radix-ui";
import { X } from "lucide";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { bytes } from "../../../shared/format.ts";
import { useActions, useStudio } from "../../studioContext.tsx";
import { BringYourOwn } from "./BringYourOwn.tsx";
import { LibraryList } from "./LibraryList.tsx";
import { OpeningProgress } from "../model/OpeningProgress.tsx";

export function Library() {
  const shown = useStudio((state) => state.libraryShown);
  const error = useStudio((state) => state.openError);
  const removed = useStudio((state) => state.removed);
  const { showLibrary } = useActions();
  const opener = useRef<HTMLElement | null>(null);
  return (
    <Dialog.Root open={shown} onOpenChange={showLibrary}>
      <Dialog.Portal>
        <Dialog.Overlay className="dialog-veil" />
        <Dialog.Content
          className="dialog library"
          data-testid="library"
          // several buttons open it, so there is no single trigger that could get the focus back
          onOpenAutoFocus={() => {
            opener.current = document.activeElement instanceof HTMLElement ? document.activeElement : null;
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            opener.current?.focus();
          }}
        >
          <div className="library-head">
            <Dialog.Title>Models</Dialog.Title>
            <Dialog.Close asChild>
              <button type="button" className="link" aria-label="Close" title="Close" data-testid="library-close">
                <Icon of={X} />
              </button>
            </Dialog.Close>
          </div>
          <Dialog.Description>
            Models stay on this machine: they are read, pruned and written here. Sizes are those of the files.
          </Dialog.Description>
          <OpeningProgress />
          {error ? <ErrorNote error={error} context="model" testId="open-error" /> : null}
          <LibraryList />
          {removed ? (
            <p role="status" className="library-removed" data-testid="removed">
              Removed {removed.name}: {bytes(removed.freedBytes)} freed.
            </p>
          ) : null}
          <BringYourOwn />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

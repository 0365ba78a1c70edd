// A dialog over the page that a key or the palette opens. The focus goes back to where it was.
import { useRef } from "react";
import type { ReactNode } from "react";
import { Dialog } from "radix-ui";
import { X } from "lucide";
import type { DialogName } from "../../state/page/pageState.ts";
import { useActions, useStudio } from "../studioContext.tsx";
import { Icon } from "./Icon.tsx";

interface Props {
  name: DialogName;
  title: string;
  /** One or two sentences below the title. */
  about: string;
  className?: string;
  children: ReactNode;
}

export function PageDialog({ name, title, about, className = "", children }: Props) {
  const open = useStudio((state) => state.dialog === name);
  const { showDialog } = useActions();
  const before = useRef<Element | null>(null);
  return (
    <Dialog.Root open={open} onOpenChange={(now) => showDialog(now ? name : null)}>
      <Dialog.Portal>
        <Dialog.Overlay className="dialog-veil" />
        <Dialog.Content
          className={`dialog page-dialog ${className}`}
          data-testid={`dialog-${name}`}
          onOpenAutoFocus={() => {
            before.current = document.activeElement;
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            // an action may have moved the focus to where it goes
            if (before.current instanceof HTMLElement && document.activeElement === document.body)
              before.current.focus();
          }}
        >
          <div className="page-dialog-head">
            <Dialog.Title>{title}</Dialog.Title>
            <Dialog.Close asChild>
              <button type="button" className="link" aria-label="Close" title="Close">
                <Icon of={X} />
              </button>
            </Dialog.Close>
          </div>
          <Dialog.Description>{about}</Dialog.Description>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

// Copying text to the clipboard, for buttons that say for a while that it was done.
import { useState } from "react";
import { EngineError } from "../../engine/index.ts";
import type { ErrorContext } from "../../state/page/pageState.ts";
import { useActions } from "../studioContext.tsx";

const COPIED_MS = 2500;

interface Copying {
  /** True for a while after text was copied. */
  copied: boolean;
  /** Copies `text`. Where the browser does not allow that, a notice says to do `instead`, a sentence. */
  copy(text: string, instead: string): Promise<void>;
}

/** context: of the notice; default: the page. */
export function useCopy(context?: ErrorContext): Copying {
  const { notify } = useActions();
  const [copied, setCopied] = useState(false);
  const copy = async (text: string, instead: string): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      setTimeout(() => setCopied(false), COPIED_MS);
    } catch {
      notify(new EngineError("storage", `The browser did not let this page copy. ${instead}`), context);
    }
  };
  return { copied, copy };
}

// A button that copies a text, says so for a while, and has it read out.
import { useState } from "react";
import { Check, Copy, type IconNode } from "lucide";
import { EngineError } from "../../engine/index.ts";
import type { ErrorContext } from "../../state/page/pageState.ts";
import { useActions } from "../studioContext.tsx";
import { Icon } from "./Icon.tsx";

const COPIED_MS = 2500;

interface Props {
  /** Makes the text when the button is pressed. A notice shows what it throws. */
  text: () => string | Promise<string>;
  /** What to do where the browser does not let the page copy: a sentence. */
  instead: (text: string) => string;
  /** Of the notice; default: the page. */
  context?: ErrorContext;
  icon?: IconNode;
  /** On the button; default: "Copy". */
  children?: string;
  /** Its name where the words alone do not say what is copied. */
  label?: string;
  title?: string;
  testId?: string;
  className?: string;
}

async function writeText(text: string, instead: Props["instead"]): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    throw new EngineError("storage", `The browser did not let this page copy. ${instead(text)}`);
  }
}

export function CopyButton({ text, instead, context, icon = Copy, children = "Copy", ...button }: Props) {
  const { label, title, testId, className } = button;
  const { notify } = useActions();
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await writeText(await text(), instead);
      setCopied(true);
      setTimeout(() => setCopied(false), COPIED_MS);
    } catch (error) {
      notify(EngineError.from(error), context);
    }
  };
  return (
    <>
      <button
        type="button"
        className={className}
        title={title}
        aria-label={label}
        data-testid={testId}
        onClick={() => void copy()}
      >
        <Icon of={copied ? Check : icon} />
        {copied ? "Copied" : children}
      </button>
      {/* beside the button: a change of the name of what has the focus is not read out everywhere */}
      <span className="unseen" role="status">
        {copied ? "Copied" : ""}
      </span>
    </>
  );
}

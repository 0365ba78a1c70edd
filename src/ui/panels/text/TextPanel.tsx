// Text from the dense and the pruned model for the same prompt and seed, side by side as it is generated.
import { isPruned } from "../../../state/run/currentPruning.ts";
import type { StudioState } from "../../../state/storeState.ts";
import type { PrunedId } from "../../../worker/protocol.ts";
import { type Age, ageOf } from "../../../state/run/shown.ts";
import { percent } from "../../../shared/format.ts";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { useStudio, useThrottled } from "../../studioContext.tsx";
import { GenerateForm } from "./GenerateForm.tsx";

/** Text appears while it is generated, but at a pace that can be read. */
const TEXT_MS = 80;

/** Added to the title of a text that is not of what is shown. */
const AGE_WORDS: Readonly<Record<Age, string>> = {
  current: "",
  "other masks": " (the masks have changed)",
  "earlier run": " (from an earlier run)",
};

interface SideProps {
  title: string;
  text: string;
  /** The model is generating now. */
  writing: boolean;
  testId: string;
  /** The text is not of what is shown. */
  behind?: boolean;
  /** Shown while there is no text. */
  empty: string;
}

function Side({ title, text, writing, testId, behind = false, empty }: SideProps) {
  const prompt = useStudio((state) => state.writtenWith?.prompt ?? state.prompt);
  return (
    <div className="side">
      <h3>{title}</h3>
      <p className="side-text" data-testid={testId} aria-busy={writing} data-behind={behind}>
        {text === "" && !writing ? (
          <span className="side-empty">{empty}</span>
        ) : (
          <>
            <span className="side-prompt">{prompt}</span>
            {text}
            {writing ? <span className="side-caret" aria-hidden="true" /> : null}
          </>
        )}
      </p>
    </div>
  );
}

/** The pruning whose text is there, also in part; null while there is none, or while it is still written. */
const writerOf = (generation: StudioState["generation"]): PrunedId | null =>
  "of" in generation ? generation.of : null;

export function TextPanel() {
  const generation = useStudio((state) => state.generation);
  const dense = useThrottled((state) => state.denseText, TEXT_MS);
  const pruned = useThrottled((state) => state.prunedText, TEXT_MS);
  const trained = useStudio(isPruned);
  const subject = generation.phase === "writing" ? generation.subject : null;
  const writer = useStudio((state) => (state.prunedText === "" ? null : writerOf(state.generation)));
  const age = useStudio((state) => (writer ? ageOf(writer, state) : "current"));
  const of = writer ? `, ${percent(writer.ratio)} of the block weights` : "";
  return (
    <section className="panel text-panel" aria-labelledby="text-heading">
      <h2 id="text-heading">Same prompt, dense and pruned</h2>
      <GenerateForm />
      <div className="sides">
        <Side
          title="Dense"
          text={dense}
          writing={subject === "dense"}
          testId="text-dense"
          empty="The dense model’s text appears here."
        />
        <Side
          title={`Pruned${of}${AGE_WORDS[age]}`}
          behind={age !== "current"}
          text={pruned}
          writing={subject === "pruned"}
          testId="text-pruned"
          empty={trained ? "The pruned model’s text appears here." : "Nothing is pruned yet. Train first."}
        />
      </div>
      {generation.phase === "failed" ? (
        <ErrorNote error={generation.error} context="measuring" testId="compare-error" />
      ) : null}
    </section>
  );
}

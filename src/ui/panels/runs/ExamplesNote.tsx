// Says what the examples are, how they were measured, and that they are none of the user's; and the way out of them.
import { useMemo } from "react";
import { LogOut } from "lucide";
import type { RunRecord } from "../../../engine/index.ts";
import { whole } from "../../../shared/format.ts";
import { titleOf } from "../../../shared/texts.ts";
import { canRestoreRun } from "../../../state/allowed.ts";
import { showsExample } from "../../../state/runs/runLibrary.ts";
import { useActions, useStudio } from "../../studioContext.tsx";
import { Icon } from "../../parts/Icon.tsx";

/** Each value once. */
const list = (values: readonly string[]): string => [...new Set(values)].join(", ");

/** "google swiftshader, 2026-11-27, Speeches, held out, context 512, 2,048 tokens". */
export function measuredWords(runs: readonly RunRecord[]): string {
  const texts = runs.map(
    ({ perplexity: { text, context, tokens } }) =>
      `${titleOf(text)}, context ${whole(context)}, ${whole(tokens)} tokens`,
  );
  return `on ${list(texts)}, computed by ${list(runs.map(({ adapter }) => adapter))} on ${list(runs.map(({ finished }) => finished.slice(0, 10)))}`;
}

export function ExamplesNote() {
  const examples = useStudio((state) => state.examples);
  const shown = useStudio(showsExample);
  const able = useStudio((state) => !showsExample(state) || canRestoreRun(state));
  const { leaveExamples } = useActions();
  const words = useMemo(() => measuredWords((examples ?? []).map(({ record }) => record)), [examples]);
  if (!examples) return null;
  return (
    <p className="note examples-note" data-testid="examples-note">
      <span>
        <strong>Examples.</strong> {whole(examples.length)} finished runs that come with Espalier, {words}. They are not
        yours: nothing of them is saved in this browser, and your own runs stay as they are.
        {shown ? " The figures of the page show one of them." : " Load one, and the figures of the page show it."}
      </span>
      <button type="button" data-testid="examples-leave" disabled={!able} onClick={() => void leaveExamples()}>
        <Icon of={LogOut} />
        Leave the examples
      </button>
    </p>
  );
}

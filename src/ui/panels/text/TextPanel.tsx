// Text of the dense and the pruned model, from one prompt and one seed, side by side as it is written.
import { isPruned } from "../../../state/run/prunedNow.ts";
import { ErrorNote } from "../../parts/ErrorNote.tsx";
import { percent } from "../../../shared/format.ts";
import { NumberField } from "../../parts/NumberField.tsx";
import { useActions, useThrottled, useStudio } from "../../studioContext.tsx";

/** Text appears as it is written, but not faster than it can be read. */
const WRITE_MS = 80;

function Side({
  title,
  text,
  writing,
  testId,
  empty,
}: {
  title: string;
  text: string;
  writing: boolean;
  testId: string;
  empty: string;
}) {
  const prompt = useStudio((state) => state.prompt);
  return (
    <div className="side">
      <h3>{title}</h3>
      <p className="side-text" data-testid={testId} aria-busy={writing}>
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

export function TextPanel() {
  const compare = useStudio((state) => state.compare);
  const dense = useThrottled((state) => state.denseText, WRITE_MS);
  const pruned = useThrottled((state) => state.prunedText, WRITE_MS);
  const prompt = useStudio((state) => state.prompt);
  const tokens = useStudio((state) => state.generateTokens);
  const temperature = useStudio((state) => state.temperature);
  const seed = useStudio((state) => state.textSeed);
  const ready = useStudio(({ model, device, run, asked }) => {
    return model.phase === "open" && device.phase === "ready" && run.phase !== "training" && asked === null;
  });
  const trained = useStudio(isPruned);
  const { setCompare, generate, cancelGenerate } = useActions();
  const writing = compare.phase === "writing";
  const now = compare.phase === "writing" ? compare.subject : null;
  const of = compare.phase === "written" ? `, ${percent(compare.of.ratio)} of the block weights` : "";
  return (
    <section className="panel compare" aria-labelledby="compare-heading">
      <h2 id="compare-heading">The same sentence, before and after</h2>
      <form
        className="compare-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && trained && !writing) void generate();
        }}
      >
        <div className="field compare-prompt">
          <label htmlFor="prompt">Prompt</label>
          <input
            id="prompt"
            type="text"
            data-testid="prompt"
            value={prompt}
            disabled={writing}
            onChange={(event) => setCompare({ prompt: event.target.value })}
          />
        </div>
        <NumberField
          label="Tokens"
          testId="generate-tokens"
          value={tokens}
          min={1}
          max={512}
          whole
          onValue={(generateTokens) => setCompare({ generateTokens })}
        />
        <NumberField
          label="Temperature"
          testId="temperature"
          value={temperature}
          min={0}
          max={5}
          onValue={(value) => setCompare({ temperature: value })}
        />
        <NumberField
          label="Seed"
          testId="text-seed"
          value={seed}
          min={0}
          max={2 ** 32 - 1}
          whole
          onValue={(textSeed) => setCompare({ textSeed })}
        />
        {writing ? (
          <button type="button" data-testid="cancel-generate" onClick={() => void cancelGenerate()}>
            Stop
          </button>
        ) : (
          <button
            type="submit"
            className="primary"
            data-testid="generate"
            disabled={!ready || !trained || prompt.trim() === ""}
          >
            Write
          </button>
        )}
      </form>
      <div className="sides">
        <Side
          title="Dense"
          text={dense}
          writing={now === "dense"}
          testId="text-dense"
          empty="The whole model writes here."
        />
        <Side
          title={`Pruned${of}`}
          text={pruned}
          writing={now === "pruned"}
          testId="text-pruned"
          empty={trained ? "The pruned model writes here." : "Train first: nothing is pruned yet."}
        />
      </div>
      {compare.phase === "failed" ? <ErrorNote error={compare.error} testId="compare-error" /> : null}
    </section>
  );
}

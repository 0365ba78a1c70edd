// The prompt, how text is sampled, and the button that generates or stops.
import { NumberField } from "../../parts/NumberField.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";
import { useModelFree } from "../../useReady.ts";

const MAX_TOKENS = 512;
const MAX_TEMPERATURE = 5;
const MAX_SEED = 2 ** 32 - 1;

/** How text is sampled. */
function SamplingFields() {
  const tokens = useStudio((state) => state.generateTokens);
  const temperature = useStudio((state) => state.temperature);
  const seed = useStudio((state) => state.textSeed);
  const { setCompare } = useActions();
  return (
    <>
      <NumberField
        label="Tokens"
        testId="generate-tokens"
        value={tokens}
        min={1}
        max={MAX_TOKENS}
        whole
        onValue={(generateTokens) => setCompare({ generateTokens })}
      />
      <NumberField
        label="Temperature"
        testId="temperature"
        value={temperature}
        min={0}
        max={MAX_TEMPERATURE}
        onValue={(value) => setCompare({ temperature: value })}
      />
      <NumberField
        label="Seed"
        testId="text-seed"
        value={seed}
        min={0}
        max={MAX_SEED}
        whole
        onValue={(textSeed) => setCompare({ textSeed })}
      />
    </>
  );
}

interface Props {
  /** There is a pruned model. */
  trained: boolean;
}

export function GenerateForm({ trained }: Props) {
  const prompt = useStudio((state) => state.prompt);
  const writing = useStudio((state) => state.compare.phase === "writing");
  const ready = useModelFree() && trained;
  const { setCompare, generate, cancelGenerate } = useActions();
  return (
    <form
      className="text-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready && !writing) void generate();
      }}
    >
      <div className="field text-prompt">
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
      <SamplingFields />
      {writing ? (
        <button type="button" data-testid="cancel-generate" onClick={() => void cancelGenerate()}>
          Stop
        </button>
      ) : (
        <button type="submit" className="primary" data-testid="generate" disabled={!ready || prompt.trim() === ""}>
          Generate
        </button>
      )}
    </form>
  );
}

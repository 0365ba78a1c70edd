// The prompt, how text is sampled, and the button that generates or stops.
import { PenLine, Square } from "lucide";
import { canGenerate } from "../../../state/allowed.ts";
import { NumberField } from "../../parts/NumberField.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { oddTemperature } from "../../views/oddValues.ts";
import { useActions, useStudio } from "../../studioContext.tsx";

const MAX_TOKENS = 512;
const MAX_TEMPERATURE = 5;
const MAX_SEED = 2 ** 32 - 1;

/** How text is sampled. */
function SamplingFields() {
  const tokens = useStudio((state) => state.generateTokens);
  const temperature = useStudio((state) => state.temperature);
  const seed = useStudio((state) => state.textSeed);
  const { setGeneration } = useActions();
  return (
    <>
      <NumberField
        label="Tokens"
        testId="generate-tokens"
        value={tokens}
        min={1}
        max={MAX_TOKENS}
        whole
        onValue={(generateTokens) => setGeneration({ generateTokens })}
      />
      <NumberField
        label="Temperature"
        testId="temperature"
        value={temperature}
        min={0}
        max={MAX_TEMPERATURE}
        warning={oddTemperature(temperature)}
        onValue={(value) => setGeneration({ temperature: value })}
      />
      <NumberField
        label="Seed"
        testId="text-seed"
        value={seed}
        min={0}
        max={MAX_SEED}
        whole
        onValue={(textSeed) => setGeneration({ textSeed })}
      />
    </>
  );
}

export function GenerateForm() {
  const prompt = useStudio((state) => state.prompt);
  const writing = useStudio((state) => state.generation.phase === "writing");
  const able = useStudio(canGenerate);
  const { setGeneration, generate, cancelGenerate } = useActions();
  return (
    <form
      className="text-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (able) void generate();
      }}
    >
      <div className="field text-prompt">
        <label htmlFor="prompt">Prompt</label>
        <input
          id="prompt"
          type="text"
          data-testid="prompt"
          value={prompt}
          readOnly={writing}
          onChange={(event) => setGeneration({ prompt: event.target.value })}
        />
      </div>
      <SamplingFields />
      {writing ? (
        <button type="button" data-testid="cancel-generate" onClick={() => void cancelGenerate()}>
          <Icon of={Square} />
          Stop
        </button>
      ) : (
        <button type="submit" className="primary" data-testid="generate" disabled={!able}>
          <Icon of={PenLine} />
          Generate
        </button>
      )}
    </form>
  );
}

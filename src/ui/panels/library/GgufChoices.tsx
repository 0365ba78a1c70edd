// The GGUF files of a repository that has several, to choose one from.
import type { EngineError } from "../../../engine/index.ts";
import { bytes } from "../../../shared/format.ts";
import { useStudio } from "../../studioContext.tsx";

interface Choice {
  address: string;
  name: string;
  /** Bytes. */
  size: number;
}

/** The files to choose from, where the last attempt to open a model ended with that question. */
function choicesOf(error: EngineError | null): Choice[] {
  const { choices, names, sizes } = error?.detail ?? {};
  if (!Array.isArray(choices) || !Array.isArray(names) || !Array.isArray(sizes)) return [];
  return choices.map((address, i) => ({ address: String(address), name: String(names[i]), size: Number(sizes[i]) }));
}

interface Props {
  /** No model can be opened now. */
  busy: boolean;
  /** Called with the address of the chosen file. */
  onChoose: (address: string) => void;
}

export function GgufChoices({ busy, onChoose }: Props) {
  const choices = choicesOf(useStudio((state) => state.openError));
  if (choices.length === 0) return null;
  return (
    <ul className="library-choices" data-testid="choices" aria-label="GGUF files to choose from">
      {choices.map((choice) => (
        <li key={choice.address}>
          <button type="button" className="link" disabled={busy} onClick={() => onChoose(choice.address)}>
            {choice.name}
          </button>{" "}
          {bytes(choice.size)}
        </li>
      ))}
    </ul>
  );
}

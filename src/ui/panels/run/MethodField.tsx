// The choice of method: structural by DISP-LLM, or single weights of the MLP in one shot.
import { METHOD_NAMES, WEIGHT_METHODS } from "../../../engine/index.ts";
import type { WeightMethod } from "../../../engine/index.ts";
import { ChoiceField } from "../../parts/ChoiceField.tsx";
import { useActions, useStudio } from "../../studioContext.tsx";

const METHODS = ["disp", ...WEIGHT_METHODS] as const;
type Method = (typeof METHODS)[number];

const HINTS: Readonly<Record<Method, string>> = {
  disp: "removes whole dimensions: trained, smaller and faster models",
  dass: "single MLP weights, by weight and norm; gate and up follow the intermediate dimension",
  wanda: "single MLP weights, by weight times input norm",
  magnitude: "single MLP weights, by size alone",
  sparsegpt: "single MLP weights, the others updated to make up for them",
};

const wordOf = (method: Method): string => {
  if (method === "disp") return "DISP (structural)";
  const weightMethod: WeightMethod = method;
  return `${METHOD_NAMES[weightMethod]} (single weights)`;
};

export function MethodField() {
  const method = useStudio((state) => state.method);
  const busy = useStudio(({ run, asked, weighing }) => {
    return run.phase === "training" || asked !== null || weighing.phase === "pruning";
  });
  const { chooseMethod } = useActions();
  return (
    <ChoiceField
      id="method"
      label="Method"
      className="method"
      value={method}
      options={METHODS.map((value) => ({ value, title: wordOf(value) }))}
      disabled={busy}
      hint={HINTS[method]}
      onValue={chooseMethod}
    />
  );
}

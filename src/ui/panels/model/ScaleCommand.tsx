// For a model that does not fit on the GPU: the command that prunes it with PyTorch, with the current recipe filled in.
import { CopyButton } from "../../parts/CopyButton.tsx";
import { useStudio } from "../../studioContext.tsx";
import { scaleCommand, scaleWeightsCommand } from "../../views/scaleCommand.ts";

/** model: its name. */
export function ScaleCommand({ model }: { model: string }) {
  const method = useStudio((state) => state.method);
  const recipe = useStudio((state) => state.recipe);
  const weightRecipe = useStudio((state) => state.weightRecipe);
  const command = method === "disp" ? scaleCommand(model, recipe) : scaleWeightsCommand(model, weightRecipe);
  return (
    <>
      <p>
        The Python package of Espalier runs the same recipe with PyTorch, also on several GPUs and machines. The
        run.json that it writes can be imported under Runs.
      </p>
      <p>
        <code data-testid="scale-command">{command}</code>
      </p>
      <p className="actions">
        <CopyButton text={() => command} instead={() => "Select the command and copy it instead."}>
          Copy command
        </CopyButton>
      </p>
    </>
  );
}

"""receipt.json and run.json of a run that pruned single weights (docs/formats.md), as the studio reads them."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from espalier.files.records import BYTES, Json, RunFacts, receipt_end, receipt_head, record_json
from espalier.files.weight_recipe import METHOD_NAMES, WeightRecipe, weight_recipe_json
from espalier.weights.matrices import WeightMask

_MASK_ENCODING = "base64; one bit per weight, row by row, eight per byte, first weight in the lowest bit; 1 is kept"


@dataclass(frozen=True, kw_only=True)
class FinishedWeights(RunFacts):
    """A one-shot pruning of single weights."""

    recipe: WeightRecipe
    masks: Sequence[WeightMask]

    @property
    def kept_mlp(self) -> dict[str, int]:
        """Weights of the MLP's matrices: kept, and of how many."""
        return {"kept": sum(mask.kept for mask in self.masks), "of": sum(mask.of for mask in self.masks)}

    @property
    def kept(self) -> dict[str, dict[str, int]]:
        """Kept shares of the MLP, of the block weights and of the entire model."""
        mlp = self.kept_mlp
        gone, blocks, total = mlp["of"] - mlp["kept"], self.shape.block_weights, self.shape.total_weights
        return {
            "mlpWeights": mlp,
            "blockWeights": {"kept": blocks - gone, "of": blocks},
            "modelWeights": {"kept": total - gone, "of": total},
        }


def _bits(mask: WeightMask) -> str:
    return base64.b64encode(mask.packed.tobytes()).decode("ascii")


def weight_receipt_json(run: FinishedWeights, checks: Sequence[Json], sample: Json | None) -> Json:
    """receipt.json. checks: one per form that was written. sample: a few logits of the pruned model."""
    return {
        **receipt_head(run),
        "recipe": weight_recipe_json(run.recipe),
        "updated": run.recipe.method == "sparsegpt" or run.recovery is not None,
        "calibration": run.calibration,
        "kept": run.kept,
        "masks": {
            "encoding": _MASK_ENCODING,
            "matrices": [
                {"name": mask.matrix.name, "kept": mask.kept, "of": mask.of, "mask": _bits(mask)} for mask in run.masks
            ],
        },
        **receipt_end(run, checks, sample),
    }


def weight_run_json(run: FinishedWeights) -> Json:
    """run.json: the record and the masks, which the studio's library imports."""
    recipe, kept = run.recipe, run.kept
    name = f"{METHOD_NAMES[recipe.method]} {recipe.pattern}, seed {recipe.seed}"
    # zeros are stored too
    stored = {"bytes": run.shape.total_weights * BYTES[run.dtype]}
    shares = {"blockWeights": kept["blockWeights"], "modelWeights": kept["modelWeights"]}
    matrices = [{"name": mask.matrix.name, "shape": list(mask.matrix.shape), "mask": _bits(mask)} for mask in run.masks]
    return {
        "record": record_json(run, name, {"kind": "weights", "recipe": weight_recipe_json(recipe)}, shares | stored),
        "masks": {"kind": "weights", "matrices": matrices},
    }

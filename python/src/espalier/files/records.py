"""receipt.json and run.json of a structural run (docs/formats.md), as the studio reads them."""

import base64
import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import numpy as np

from espalier import __version__
from espalier.files.bitset import pack_bits
from espalier.files.recipe import Recipe, recipe_json
from espalier.masks.architecture import Architecture
from espalier.masks.shape import VECTORS_PER_BLOCK, ModelShape

_MASK_ENCODING = "base64; one bit per gate, eight per byte, first gate in the lowest bit"
BYTES = {"F32": 4, "F16": 2, "BF16": 2}
"""Of one weight, by the dtype of the model's files."""
_INDEX_BYTES = 4
_MOST_POINTS = 4096

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """What is known of any run when it ends."""

    shape: ModelShape
    model_name: str
    licence: str
    dtype: str
    """F32, F16 or BF16: of the dense model's files."""
    fingerprint: str
    adapter: str
    """What computed, such as "NVIDIA H100 x 8"."""
    host: str
    """The program that computed, such as "PyTorch 2.13.0"."""
    calibration: dict[str, str]
    perplexity: Json
    """text, context, tokens, beginToken, dense and pruned."""
    precision: str = "f32"
    """f32, or bf16 where logits and perplexities are of a model that computes in it."""
    recovery: Json | None = None
    """As in receipts; None where the kept weights are the dense model's, or those of the method."""


@dataclass(frozen=True, kw_only=True)
class FinishedRun(RunFacts):
    """A structural run."""

    recipe: Recipe
    architecture: Architecture
    steps: int
    history: dict[str, list[float]] = field(default_factory=dict)
    """loss, penalty, kept and target of all steps."""

    @property
    def kept_blocks(self) -> dict[str, int]:
        """Block weights: kept, and of how many."""
        return {"kept": self.architecture.kept_weights, "of": self.shape.block_weights}

    @property
    def kept_model(self) -> dict[str, int]:
        """Parameters of the entire model: kept, and of how many."""
        return {"kept": self.shape.kept_total(self.architecture.counts), "of": self.shape.total_weights}

    @property
    def widths(self) -> list[list[int]]:
        """|s1| .. |s5| of every block."""
        counts = self.architecture.counts
        return [counts[first : first + VECTORS_PER_BLOCK] for first in range(0, len(counts), VECTORS_PER_BLOCK)]

    @property
    def targets(self) -> list[list[float]] | None:
        """The targets of a run for one ratio, which do not move."""
        return [[0, self.recipe.ratio]] if self.recipe.ratio_mode == "one" else None


def receipt_json(run: FinishedRun, checks: Sequence[Json], sample: Json | None) -> Json:
    """receipt.json. checks: one per form that was written. sample: a few logits of the pruned model."""
    size, shape = BYTES[run.dtype], run.shape
    indices = sum(run.architecture.counts) * _INDEX_BYTES
    return {
        **receipt_head(run),
        "recipe": recipe_json(run.recipe),
        "target": {"ratio": "block weights kept", "value": run.recipe.ratio},
        **({"targets": run.targets} if run.targets else {}),
        "trainedSteps": run.steps,
        "calibration": run.calibration,
        "kept": {
            "blockWeights": run.kept_blocks,
            "modelWeights": run.kept_model,
            "compactBytes": {"kept": run.kept_model["kept"] * size + indices, "of": shape.total_weights * size},
            "widths": run.widths,
        },
        "masks": {"encoding": _MASK_ENCODING, "vectors": [pack_bits(mask) for mask in run.architecture.masks]},
        **receipt_end(run, checks, sample),
    }


def receipt_head(run: RunFacts) -> Json:
    """How every receipt begins."""
    shape = run.shape
    return {
        "format": 1,
        "program": {"name": "Espalier", "version": __version__},
        "adapter": run.adapter,
        "host": run.host,
        **({} if run.precision == "f32" else {"precision": run.precision}),
        "model": {
            "name": run.model_name, "licence": run.licence, "modelType": shape.model_type, "dtype": run.dtype,
            "layers": shape.layers, "dModel": shape.d_model, "dMlp": shape.d_mlp, "heads": shape.heads,
            "kvHeads": shape.kv_heads, "headDim": shape.head_dim, "glu": shape.glu,
        },
        **({"recovery": run.recovery} if run.recovery else {}),
    }  # fmt: skip


def receipt_end(run: RunFacts, checks: Sequence[Json], sample: Json | None) -> Json:
    """How every receipt ends. checks and sample: as in `receipt_json`."""
    return {"perplexity": [run.perplexity], "checks": list(checks), **({"sample": sample} if sample else {})}


def record_json(run: RunFacts, name: str, made: Json, kept: Json) -> Json:
    """The record of any run. kept: blockWeights, modelWeights and bytes."""
    return {
        "format": "espalier-run-1",
        "id": str(uuid.uuid4()),
        "name": name,
        "finished": datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "adapter": f"{run.adapter}, {run.host}",
        "model": {"name": run.model_name, "modelType": run.shape.model_type, "fingerprint": run.fingerprint},
        "made": made,
        "calibration": run.calibration,
        "perplexity": run.perplexity,
        "kept": kept,
        "msPerToken": None,
        **({"recovery": run.recovery} if run.recovery else {}),
    }


def run_json(run: FinishedRun) -> Json:
    """run.json: the record, the masks and the curves, which the studio's library imports."""
    masks = run.architecture.masks
    made = {
        "kind": "disp",
        "recipe": recipe_json(run.recipe),
        "steps": run.steps,
        **({"targets": run.targets} if run.targets else {}),
    }
    bytes_kept = run.kept_model["kept"] * BYTES[run.dtype]
    kept = {"blockWeights": run.kept_blocks, "modelWeights": run.kept_model, "bytes": bytes_kept}
    return {
        "record": record_json(run, _name(run.recipe), made, kept),
        "masks": {"kind": "gates", "sizes": run.shape.sizes, "masks": [pack_bits(mask) for mask in masks]},
        **({"history": _history_json(run)} if run.history.get("loss") else {}),
    }


def _history_json(run: FinishedRun) -> Json:
    """Up to 4,096 points of the curves as base64 of little-endian F32 (src/engine/formats/runs/runHistory.ts)."""
    steps = len(run.history["loss"])
    every = math.ceil(steps / _MOST_POINTS)

    def packed(name: str) -> str:
        return base64.b64encode(np.array(run.history[name][::every], "<f4").tobytes()).decode("ascii")

    reading = {key: value for key, value in run.perplexity.items() if key not in ("dense", "pruned")}
    return {
        "first": 0, "every": every, "count": math.ceil(steps / every),
        **{name: packed(name) for name in ("loss", "penalty", "kept", "target")},
        "readings": [{"step": run.steps, "keep": run.recipe.ratio, "value": run.perplexity["pruned"], **reading}],
    }  # fmt: skip


def _name(recipe: Recipe) -> str:
    """As the studio names a run (src/engine/formats/runs/runName.ts)."""

    def percent(ratio: float) -> str:
        return f"{round(100 * ratio, 2):g}"

    gates = "" if recipe.gates == "full" else f" {recipe.gates}"
    name = f"DISP{gates}" + ("" if recipe.width_multiple == 1 else f" widths ×{recipe.width_multiple}")
    if recipe.ratio_mode == "every":
        name += f" every ratio {percent(recipe.ratio_from)}–{percent(recipe.ratio_to)} %, at"
    return f"{name} {percent(recipe.ratio)} %, seed {recipe.seed}"

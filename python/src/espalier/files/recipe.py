"""The recipe of a structural run: its fields, defaults and bounds, and its JSON (docs/formats.md). As src/engine/recipes/recipe.ts."""

import math
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from espalier.errors import EspalierError

ESTIMATORS = ("reinmax", "straight-through", "gumbel")
RATIO_MODES = ("one", "every")
GATE_MODES = ("full", "mlp", "constrained", "no-gru", "no-hypernetwork", "mlp-no-gru", "mlp-no-hypernetwork")
_HYPERNETWORK_MODES = ("full", "mlp", "constrained")
WIDTH_MULTIPLES = (1, 8, 32, 64, 256)

RATIO_POWER = 1.5
"""Above 1, a training for every ratio draws small ratios more often (METHOD.md 1.7)."""

LOGIT_OFFSET = 3.0
"""c of METHOD.md 1.3: added to every gate logit, so that almost all gates are on at the start."""

BOUNDS: dict[str, tuple[float, float]] = {
    "ratio": (0.05, 1),
    "ratio_from": (0.05, 1),
    "ratio_to": (0.05, 1),
    "steps": (1, 100_000),
    "tokens": (8, 4096),
    "lam": (0, 1000),
    "learning_rate": (1e-6, 1),
    "weight_decay": (0, 10),
    "seed": (0, 2**32 - 1),
    "checkpoint_every": (1, 100_000),
}
_WHOLE = ("steps", "tokens", "seed", "checkpoint_every")


@dataclass(frozen=True)
class Recipe:
    """The settings of a run. The defaults are those of the studio; the names in files are those of `WRITTEN`."""

    method: str = "disp"
    gates: str = "full"
    width_multiple: int = 1
    ratio_mode: str = "one"
    ratio: float = 0.5
    """The kept share of the block weights, p in METHOD.md."""
    ratio_from: float = 0.35
    ratio_to: float = 0.95
    estimator: str = "reinmax"
    steps: int = 600
    tokens: int = 128
    """Tokens of one sequence."""
    lam: float = 6
    """Weight of the budget term R."""
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    seed: int = 1
    checkpoint_every: int = 50

    @property
    def prunes_mlp_only(self) -> bool:
        """Whether only s4 is pruned, so that s1, s2, s3 and s5 are all ones."""
        return self.gates.startswith("mlp")


WRITTEN: dict[str, str] = {
    "width_multiple": "widthMultiple",
    "ratio_mode": "ratioMode",
    "ratio": "keep",
    "ratio_from": "keepFrom",
    "ratio_to": "keepTo",
    "lam": "lambda",
    "learning_rate": "learningRate",
    "weight_decay": "weightDecay",
    "checkpoint_every": "checkpointEvery",
}
"""Names in files of the fields that have another name there."""


def recipe_json(recipe: Recipe) -> dict[str, Any]:
    """The recipe as files store it."""
    return {WRITTEN.get(name, name): value for name, value in asdict(recipe).items()}


def read_recipe(json: Any, where: str = "recipe") -> Recipe:
    """The recipe of a file; unknown fields are dropped, missing ones have their defaults. Throws EspalierError naming the field."""
    if not isinstance(json, dict):
        raise EspalierError(f"{where}: expected an object, got {type(json).__name__}. Use the original file.")
    recipe = Recipe()
    for field in fields(Recipe):
        name = WRITTEN.get(field.name, field.name)
        if name not in json:
            continue
        value, default = json[name], getattr(recipe, field.name)
        kind = str if isinstance(default, str) else (int, float)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise EspalierError(f"{where}.{name}: expected {'a text' if kind is str else 'a number'}, got {value!r}.")
        recipe = replace(recipe, **{field.name: value})
    return check_recipe(recipe)


def check_recipe(recipe: Recipe) -> Recipe:
    """Returns the recipe. Throws EspalierError naming the field that is out of bounds or contradicts another."""
    for name, (low, high) in BOUNDS.items():
        value, whole = getattr(recipe, name), name in _WHOLE
        if not (math.isfinite(value) and low <= value <= high and (not whole or value == int(value))):
            kind = "a whole number" if whole else "a number"
            raise EspalierError(f"{WRITTEN.get(name, name)}: expected {kind} from {low} to {high}, got {value}")
    choices: dict[str, tuple[Any, ...]] = {
        "method": ("disp",),
        "gates": GATE_MODES,
        "width_multiple": WIDTH_MULTIPLES,
        "ratio_mode": RATIO_MODES,
        "estimator": ESTIMATORS,
    }
    for name, known in choices.items():
        value = getattr(recipe, name)
        if value not in known:
            raise EspalierError(f"{WRITTEN.get(name, name)}: expected one of {', '.join(map(str, known))}, got {value}")
    if recipe.ratio_mode == "every":
        if recipe.gates not in _HYPERNETWORK_MODES:
            raise EspalierError(
                f"gates: expected full, mlp or constrained, got {recipe.gates}. "
                "A run for every ratio needs a hypernetwork; train this one for one ratio."
            )
        if recipe.ratio_from > recipe.ratio_to:
            raise EspalierError(f"keepFrom: expected at most keepTo, got {recipe.ratio_from} and {recipe.ratio_to}")
    return recipe

"""The `espalier` command: its arguments, and how it ends."""

import argparse
import os
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from espalier.errors import EspalierError
from espalier.files import js_json
from espalier.files.export import FORMS
from espalier.files.recipe import BOUNDS, ESTIMATORS, GATE_MODES, RATIO_MODES, WIDTH_MULTIPLES, Recipe, check_recipe, read_recipe
from espalier.files.recover_recipe import MATRICES
from espalier.files.weight_recipe import WEIGHT_METHODS, WeightRecipe, check_weight_recipe, read_weight_recipe
from espalier.plan import plan
from espalier.prune import prune, recipe_source
from espalier.prune_weights import prune_weights
from espalier.ranks import Ranks, join_ranks, leave_ranks
from espalier.run_facts import DTYPES
from espalier.train.loop import STOPPED, Stopped, end_process

_USAGE_ERROR = 2


def _forms(text: str) -> list[str]:
    forms = list(dict.fromkeys(text.split(",")))
    if not set(forms) <= set(FORMS):
        raise argparse.ArgumentTypeError(f"expected some of {','.join(FORMS)}, got {text}")
    return forms


def _ratios(text: str) -> list[float]:
    """Different ratios that a recipe allows, ascending."""
    low, high = BOUNDS["ratio"]
    try:
        ratios = sorted(float(word) for word in text.split(","))
    except ValueError:
        ratios = []
    if not ratios or len(set(ratios)) < len(ratios) or not all(low <= ratio <= high for ratio in ratios):
        raise argparse.ArgumentTypeError(f"expected different ratios from {low} to {high}, separated by commas, got {text}")
    return ratios


def parser() -> argparse.ArgumentParser:
    """Reads the arguments of all commands."""
    top = argparse.ArgumentParser(prog="espalier", description="Prunes language models on PyTorch.")
    commands = top.add_subparsers(dest="command", required=True)
    one = commands.add_parser("prune", help="prune a model, export it, print one line of JSON")
    one.add_argument("--model", type=Path, required=True, help="a folder with config.json, a tokenizer and safetensors")
    one.add_argument("--text", type=Path, required=True, help="text that masks are trained on, or single weights calibrated on")
    one.add_argument("--eval", type=Path, required=True, help="text that perplexity is measured on")
    one.add_argument("--out", type=Path, required=True, help="folder for exports, run.json and checkpoints")
    one.add_argument("--recipe", type=Path, help="run.json, receipt.json or a recipe; other arguments override its fields")
    one.add_argument(
        "--method", choices=("disp", *WEIGHT_METHODS), help="disp trains masks of dimensions; the others prune single weights (disp)"
    )
    recipe = one.add_argument_group("recipe")
    recipe.add_argument("--pattern", help="of single weights: 2:4 zeroes 2 of every 4 neighbours, 50%% a share of each line (2:4)")
    recipe.add_argument("--keep", dest="ratio", type=float, help="kept share of the block weights (0.5)")
    recipe.add_argument("--ratio-mode", choices=RATIO_MODES, help="every: each step draws a ratio between the bounds (one)")
    recipe.add_argument("--ratios", type=_ratios, help="0.8,0.6: one training for every ratio, exported at each to OUT/keep-0.8 and so on")
    recipe.add_argument("--from", "--keep-from", dest="ratio_from", type=float, help="lower bound of a training for every ratio (0.35)")
    recipe.add_argument("--to", "--keep-to", dest="ratio_to", type=float, help="upper bound (0.95)")
    recipe.add_argument("--steps", type=int, help="training steps (600)")
    recipe.add_argument("--tokens", type=int, help="tokens per sequence (128)")
    recipe.add_argument("--seed", type=int, help="of noise, batches and initial parameters (1)")
    recipe.add_argument("--estimator", choices=ESTIMATORS)
    recipe.add_argument("--gates", choices=GATE_MODES)
    recipe.add_argument("--width-multiple", type=int, choices=WIDTH_MULTIPLES)
    recipe.add_argument("--lambda", dest="lam", type=float, help="weight of the budget penalty (6)")
    recipe.add_argument("--learning-rate", type=float, help="of AdamW (0.001)")
    recipe.add_argument("--weight-decay", type=float, help="of AdamW (0.05)")
    recipe.add_argument("--checkpoint-every", type=int, help="steps between checkpoints (50)")
    two = commands.add_parser("plan", help="the memory that each GPU needs, from config.json alone")
    two.add_argument("--model", type=Path, required=True, help="a folder with config.json; weights are not needed")
    two.add_argument("--gpus", required=True, help="number and memory in GB, such as 4xA100-80")
    two.add_argument("--recipe", type=Path, help="run.json, receipt.json or a recipe; --tokens and --gates override its fields")
    two.add_argument("--tokens", type=int, help="tokens per sequence (128)")
    two.add_argument("--gates", choices=GATE_MODES)
    two.add_argument("--weights", choices=DTYPES, default="bf16", help="type of the frozen model in memory (bf16)")
    recover = one.add_argument_group("recovery")
    recover.add_argument("--recover", type=int, help="then train the kept weights towards the dense model for so many steps")
    recover.add_argument("--recover-matrices", choices=MATRICES, help="o_proj and down_proj, or every matrix of the blocks (out)")
    recover.add_argument("--lora", type=int, help="instead: adapters of this rank, 4 to 64, on every matrix")
    recover.add_argument("--recover-learning-rate", type=float, help="(by the kept share; at 50 %%: out 0.001, all 0.0005, --lora 16 0.0025)")
    recover.add_argument("--recover-tokens", type=int, help="per step (128)")
    recover.add_argument("--recover-hidden-weight", type=float, help="of the relative error of the head's input in the loss (4); 0: the KL alone")
    run = one.add_argument_group("run")
    run.add_argument("--sequences", type=int, help="per step, a multiple of the ranks (one per rank); single weights: to calibrate on (64)")
    run.add_argument("--weights", choices=DTYPES, default="f32", help="type of the frozen model in memory (f32)")
    run.add_argument("--recompute", action="store_true", help="compute each block again in its backward pass, to save memory")
    run.add_argument("--resume", action="store_true", help="continue from the last checkpoint in --out")
    run.add_argument("--context", type=int, default=512, help="tokens per window of the perplexity (512)")
    run.add_argument("--eval-tokens", type=int, default=20_480, help="tokens of --eval that are measured (20480)")
    run.add_argument("--forms", type=_forms, help="forms to write (masked,compact; of single weights masked)")
    run.add_argument("--shard-bytes", type=int, help="most bytes of tensors per file (no limit)")
    return top


def _recipe(args: argparse.Namespace) -> Recipe:
    base = Recipe() if args.recipe is None else read_recipe(recipe_source(args.recipe), str(args.recipe))
    named = {name: getattr(args, name) for name in vars(base) if getattr(args, name, None) is not None}
    return check_recipe(replace(base, **named))


def _weight_recipe(args: argparse.Namespace) -> WeightRecipe | None:
    """The recipe for pruning single weights; None for any other run. Throws EspalierError."""
    found = {} if args.recipe is None else recipe_source(args.recipe)
    known = found if isinstance(found, dict) else {}
    method = args.method or known.get("method", "disp")
    if method not in WEIGHT_METHODS:
        return None
    base = read_weight_recipe(known) if known.get("method") in WEIGHT_METHODS else WeightRecipe()
    named = {name: getattr(args, name) for name in asdict(base) if getattr(args, name) is not None}
    return check_weight_recipe(replace(base, **{**named, "method": method}))


_TRAINING = {"ratio": "--keep", "ratios": "--ratios", "ratio_from": "--from", "ratio_to": "--to", "lam": "--lambda"} | {
    name: "--" + name.replace("_", "-")
    for name in (
        "ratio_mode", "steps", "estimator", "gates", "width_multiple", "learning_rate", "weight_decay", "checkpoint_every", "recompute",
        "resume",
    )
}  # fmt: skip
"""Options that only a training has, by their attribute."""


def prune_command(args: argparse.Namespace, ranks: Ranks) -> dict[str, Any]:
    """`espalier prune` on this rank, by the method of the arguments; returns the line of JSON. Throws EspalierError."""
    weights = _weight_recipe(args)
    args.forms = args.forms or (list(FORMS) if weights is None else ["masked"])
    if weights is not None:
        given = next((flag for name, flag in _TRAINING.items() if getattr(args, name) not in (None, False)), None)
        if given is not None:
            raise EspalierError(f"{given}: expected --method disp, got {weights.method}, which trains nothing. Leave it out.")
        return prune_weights(args, weights, ranks)
    if args.pattern is not None:
        raise EspalierError("--pattern: expected --method with dass, wanda, magnitude or sparsegpt beside it")
    if args.ratios is None:
        return prune(args, _recipe(args), ranks)
    for name, given in (("--keep", args.ratio), ("--recover", args.recover)):
        if given is not None:
            raise EspalierError(f"{name}: expected one ratio, got --ratios (several). Leave out one of them.")
    return prune(args, check_recipe(replace(_recipe(args), ratio_mode="every", ratio=args.ratios[0])), ranks)


def main() -> int:
    """Runs the command of this process's arguments; returns the exit code: 0, 2 for what the user can correct, 143 after SIGTERM."""
    args = parser().parse_args()
    first = os.environ.get("RANK", "0") == "0"
    try:
        if args.command == "plan":
            print(js_json.dumps(plan(args, _recipe(args))))
            return 0
        ranks = join_ranks()
        answer = prune_command(args, ranks)
    except EspalierError as error:
        stopped = isinstance(error, Stopped)
        if first or not stopped:
            print(f"espalier: {error}", file=sys.stderr)
        code = STOPPED if stopped else _USAGE_ERROR
        if "RANK" in os.environ:
            end_process(code)
        return code
    leave_ranks(ranks)
    if first:
        print(js_json.dumps(answer))
    return 0

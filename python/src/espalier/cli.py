"""The `espalier` command: its arguments, and how it ends."""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from espalier.errors import EspalierError
from espalier.files import js_json
from espalier.files.export import FORMS
from espalier.files.recipe import ESTIMATORS, GATE_MODES, RATIO_MODES, WIDTH_MULTIPLES, Recipe, check_recipe, read_recipe
from espalier.plan import plan
from espalier.prune import DTYPES, prune, recipe_source
from espalier.ranks import join_ranks, leave_ranks
from espalier.train.loop import STOPPED, Stopped, end_process

_USAGE_ERROR = 2


def _forms(text: str) -> list[str]:
    forms = text.split(",")
    if not set(forms) <= set(FORMS):
        raise argparse.ArgumentTypeError(f"expected some of {','.join(FORMS)}, got {text}")
    return forms


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="espalier", description="Prunes language models with DISP-LLM on PyTorch.")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("prune", help="train masks, export the pruned model, print one line of JSON")
    one.add_argument("--model", type=Path, required=True, help="a folder with config.json, a tokenizer and safetensors")
    one.add_argument("--text", type=Path, required=True, help="text that masks are trained on")
    one.add_argument("--eval", type=Path, required=True, help="text that perplexity is measured on")
    one.add_argument("--out", type=Path, required=True, help="folder for exports, run.json and checkpoints")
    one.add_argument("--recipe", type=Path, help="run.json, receipt.json or a recipe; other arguments override its fields")
    recipe = one.add_argument_group("recipe")
    recipe.add_argument("--keep", dest="ratio", type=float, help="kept share of the block weights (0.5)")
    recipe.add_argument("--ratio-mode", choices=RATIO_MODES, help="every: each step draws a ratio between the bounds (one)")
    recipe.add_argument("--keep-from", dest="ratio_from", type=float, help="lower bound of a training for every ratio (0.35)")
    recipe.add_argument("--keep-to", dest="ratio_to", type=float, help="upper bound (0.95)")
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
    run = one.add_argument_group("run")
    run.add_argument("--sequences", type=int, help="sequences per step, a multiple of the ranks (one per rank)")
    run.add_argument("--weights", choices=DTYPES, default="f32", help="type of the frozen model in memory (f32)")
    run.add_argument("--recompute", action="store_true", help="compute each block again in its backward pass, to save memory")
    run.add_argument("--resume", action="store_true", help="continue from the last checkpoint in --out")
    run.add_argument("--context", type=int, default=512, help="tokens per window of the perplexity (512)")
    run.add_argument("--eval-tokens", type=int, default=20_480, help="tokens of --eval that are measured (20480)")
    run.add_argument("--forms", type=_forms, default=list(FORMS), help="forms to write (masked,compact)")
    run.add_argument("--shard-bytes", type=int, help="most bytes of tensors per file (no limit)")
    return parser


def _recipe(args: argparse.Namespace) -> Recipe:
    base = Recipe() if args.recipe is None else read_recipe(recipe_source(args.recipe), str(args.recipe))
    named = {name: getattr(args, name) for name in vars(base) if getattr(args, name, None) is not None}
    return check_recipe(replace(base, **named))


def main() -> int:
    """Runs the command of this process's arguments; returns the exit code: 0, 2 for what the user can correct, 143 after SIGTERM."""
    args = _parser().parse_args()
    first = os.environ.get("RANK", "0") == "0"
    try:
        recipe = _recipe(args)
        if args.command == "plan":
            print(js_json.dumps(plan(args, recipe)))
            return 0
        ranks = join_ranks()
        answer = prune(args, recipe, ranks)
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

"""`espalier prune --method dass|wanda|magnitude|sparsegpt`: prunes single weights block by block from disk, and writes the masked form."""

import shutil
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

import torch

from espalier.errors import EspalierError
from espalier.files.export import Source, export_masked
from espalier.files.texts import batch_of, encode, read_text
from espalier.files.weight_recipe import WeightRecipe, weight_recipe_json
from espalier.files.weight_records import FinishedWeights, weight_receipt_json, weight_run_json
from espalier.form_checks import compared, sample_of
from espalier.model.opening import DenseFolder, open_folder
from espalier.model.streaming import BlockStream
from espalier.ranks import Ranks
from espalier.run_facts import CHECK_TOKENS, DTYPES, checked_answer, measured_on, run_facts, write_json
from espalier.train.loop import memory_gb
from espalier.weights.pruning import Evaluated, PrunedMlp, WeightPruning


def prune_weights(args: Namespace, recipe: WeightRecipe, ranks: Ranks) -> dict[str, Any]:
    """Runs the command on this rank; returns the line of JSON. Throws EspalierError."""
    began = time.perf_counter()
    folder = open_folder(args.model)
    text, evaluation = read_text(args.text), read_text(args.eval)
    stream = BlockStream(folder, DTYPES[args.weights], ranks.device)
    longest = int(stream.model.config.max_position_embeddings)
    recipe = WeightRecipe(recipe.method, recipe.pattern, recipe.sequences, min(recipe.tokens, longest), recipe.seed)
    vocab = stream.model.get_input_embeddings().weight.shape[0]
    held = encode(args.model, evaluation, vocab)[: args.eval_tokens]
    sequences = _calibration(args, recipe, encode(args.model, text, vocab))
    context = min(args.context, longest)
    updates = args.out / "pruned-blocks"
    pruning = WeightPruning(stream, folder, recipe, ranks, updates)
    started = time.perf_counter()
    pruned = pruning.run(sequences, Evaluated(held, context), held[:CHECK_TOKENS])
    seconds = time.perf_counter() - started
    measured = measured_on(evaluation, context, pruned.tokens, (pruned.dense, pruned.pruned))
    run = FinishedWeights(
        recipe=recipe,
        masks=pruned.masks,
        **run_facts(folder, stream.shape, ranks, 1),
        calibration=text.reference(),
        perplexity=measured,
    )
    forms = [_write(args, folder, run, pruned, held[:CHECK_TOKENS])] if ranks.first else []
    if ranks.first:
        shutil.rmtree(updates, ignore_errors=True)
    ranks.wait()
    return {
        **_answer(run, ranks, args.weights),
        "perplexity": {**measured, "text": evaluation.name},
        "secondsPruning": round(seconds, 3),
        "memoryGb": round(memory_gb(ranks.device), 3),
        "keptByMatrix": {mask.matrix.name: mask.kept / mask.of for mask in run.masks},
        "forms": forms,
        "recipe": weight_recipe_json(recipe),
        "seconds": round(time.perf_counter() - began, 1),
        "out": str(args.out),
    }


def _calibration(args: Namespace, recipe: WeightRecipe, text: torch.Tensor) -> list[torch.Tensor]:
    """Sequences that are drawn like the steps of a run. Throws EspalierError for a text that is shorter than one."""
    if args.forms != ["masked"]:
        raise EspalierError(f"--forms: expected masked, the form of {recipe.method}, got {','.join(args.forms)}")
    if recipe.method == "magnitude":
        return []
    return [batch_of(text, recipe.tokens, recipe.seed, i) for i in range(recipe.sequences)]


def _answer(run: FinishedWeights, ranks: Ranks, precision: str) -> dict[str, Any]:
    kept = {name: counts["kept"] / counts["of"] for name, counts in run.kept.items()}
    return {
        "adapter": run.adapter,
        "host": run.host,
        "ranks": ranks.world,
        "precision": precision,
        "keptMlp": kept["mlpWeights"],
        "keptBlocks": kept["blockWeights"],
        "keptModel": kept["modelWeights"],
    }


def _write(
    args: Namespace, folder: DenseFolder, run: FinishedWeights, pruned: PrunedMlp, ids: torch.Tensor
) -> dict[str, Any]:
    """Writes the masked form, its receipt and run.json; opens the form again, block by block."""
    out: Path = args.out / "masked"
    out.mkdir(parents=True, exist_ok=True)
    export_masked(Source(folder.path, folder.raw_config, pruned.weights(folder), [], args.shard_bytes), out)
    check = {**compared(out, "masked", _logits_of(out, pruned.sample.dtype, ids), pruned.sample), "dtype": run.dtype}
    write_json(out / "receipt.json", weight_receipt_json(run, [check], sample_of(ids, pruned.sample)))
    write_json(args.out / "run.json", weight_run_json(run))
    size = sum(path.stat().st_size for path in out.glob("*.safetensors"))
    return {"form": "masked", "ok": True, "dtype": run.dtype, "bytes": size, **checked_answer(check)}


def _logits_of(folder: Path, dtype: torch.dtype, ids: torch.Tensor) -> torch.Tensor:
    """(T, V): the logits of a model's folder for ids (T), block by block, on the CPU."""
    stream = BlockStream(open_folder(folder), dtype, torch.device("cpu"))
    hidden = stream.embed(ids)
    for index in range(stream.layers):
        with stream.loaded(index):
            hidden = stream.run(index, hidden)
    return stream.logits(hidden)

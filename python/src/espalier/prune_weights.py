"""`espalier prune --method dass|wanda|magnitude|sparsegpt`: prunes single weights block by block from disk, and writes the masked form."""

import shutil
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

import torch

from espalier.errors import EspalierError
from espalier.export_folders import StagedForms
from espalier.files.export import Source, export_masked
from espalier.files.texts import batch_of, encode, read_text
from espalier.files.weight_recipe import WeightRecipe, weight_recipe_json
from espalier.files.weight_records import FinishedWeights, weight_receipt_json, weight_run_json
from espalier.form_checks import check_by_blocks, pruned_logits, sample_of
from espalier.model.opening import DenseFolder, load_model, open_folder
from espalier.model.streaming import BlockStream
from espalier.ranks import Ranks
from espalier.recover.command import Outcome, PrunedModel, Texts, check_recovery, recover_pruned, recover_recipe
from espalier.recover.student import Pruning
from espalier.run_facts import CHECK_TOKENS, DTYPES, checked_answer, measured_on, run_facts, write_json
from espalier.train.loop import memory_gb
from espalier.weights.pruning import Evaluated, PrunedMlp, WeightPruning


def prune_weights(args: Namespace, recipe: WeightRecipe, ranks: Ranks) -> dict[str, Any]:
    """Runs the command on this rank; returns the line of JSON. Throws EspalierError."""
    check_recovery(args, ranks)
    with StagedForms(args.out, args.forms, ranks) as staged:
        return _prune(args, recipe, ranks, staged)


def _prune(args: Namespace, recipe: WeightRecipe, ranks: Ranks, staged: StagedForms) -> dict[str, Any]:
    began = time.perf_counter()
    folder = open_folder(args.model)
    text, evaluation = read_text(args.text), read_text(args.eval)
    stream = BlockStream(folder, DTYPES[args.weights], ranks.device)
    longest = int(stream.model.config.max_position_embeddings)
    recipe = WeightRecipe(recipe.method, recipe.pattern, recipe.sequences, min(recipe.tokens, longest), recipe.seed)
    vocab = stream.model.get_input_embeddings().weight.shape[0]
    held = encode(args.model, evaluation, vocab)[: args.eval_tokens]
    calibration = encode(args.model, text, vocab)
    sequences = _calibration(args, recipe, calibration)
    context = min(args.context, longest)
    updates = args.out / "pruned-blocks"
    pruning = WeightPruning(stream, folder, recipe, ranks, updates)
    started = time.perf_counter()
    pruned = pruning.run(sequences, Evaluated(held, context), held[:CHECK_TOKENS])
    seconds = time.perf_counter() - started
    outcome = _recovered(args, folder, stream, pruned, recipe, Texts(calibration, held, context), ranks)
    measured = measured_on(evaluation, context, pruned.tokens, (pruned.dense, outcome.perplexity if outcome else pruned.pruned))
    run = FinishedWeights(
        recipe=recipe,
        masks=pruned.masks,
        **run_facts(folder, stream.shape, ranks, 1, args.weights),
        calibration=text.reference(),
        perplexity=measured,
        recovery=outcome.receipt if outcome else None,
    )
    before = pruned.weights(folder)
    logits = pruned_logits(outcome.model, held[:CHECK_TOKENS], ranks) if outcome else pruned.sample
    exported = Source(folder.path, folder.raw_config, outcome.weights(before) if outcome else before, [], args.shard_bytes)
    checked = (held[:CHECK_TOKENS], logits)
    forms = staged.write("masked", lambda out: _write(out, exported, run, checked)) if ranks.first else []
    if ranks.first:
        shutil.rmtree(updates, ignore_errors=True)
    staged.finish(lambda: weight_run_json(run))
    return {
        **_answer(run, ranks, args.weights),
        "perplexity": {**measured, "text": evaluation.name},
        "secondsPruning": round(seconds, 3),
        "memoryGb": round(memory_gb(ranks.device), 3),
        **({"recovery": outcome.answer} if outcome else {}),
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


def _recovered(
    args: Namespace, folder: DenseFolder, stream: BlockStream, pruned: PrunedMlp, recipe: WeightRecipe, texts: Texts, ranks: Ranks
) -> Outcome | None:
    """Recovers the pruned model, which then has to fit in memory twice; None without --recover."""
    mlp = sum(mask.kept - mask.of for mask in pruned.masks)
    ratio = 1 + mlp / stream.shape.block_weights
    recovery = recover_recipe(args, ratio, recipe.seed)
    if recovery is None:
        return None
    weights = pruned.weights(folder)
    values = {mask.matrix.name: weights.read(mask.matrix.name) for mask in pruned.masks}
    dense = load_model(folder, DTYPES[args.weights], ranks)
    pruning = Pruning(weights=pruned.masks, values=values)
    of = PrunedModel(dense, folder.weights, pruned.pruned, pruning, is_updated=pruned.updates is not None)
    return recover_pruned(of, recovery, texts, ranks)


def _write(out: Path, source: Source, run: FinishedWeights, checked: tuple[torch.Tensor, torch.Tensor]) -> dict[str, Any]:
    """Writes the masked form and its receipt; opens the form again, block by block. checked: ids and logits."""
    ids, logits = checked
    export_masked(source, out)
    check = {**check_by_blocks(out, ids, logits), "dtype": run.dtype}
    write_json(out / "receipt.json", weight_receipt_json(run, [check], sample_of(ids, logits)))
    size = sum(path.stat().st_size for path in out.glob("*.safetensors"))
    return {"form": "masked", "ok": True, "dtype": run.dtype, "bytes": size, **checked_answer(check)}

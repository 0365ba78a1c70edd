"""`espalier prune`: trains masks for one ratio, measures perplexity, and writes exports, receipt and run.json."""

import json
import sys
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

import torch

from espalier.errors import EspalierError
from espalier.files.export import Source, export_compact, export_masked
from espalier.files.records import FinishedRun, receipt_json, run_json
from espalier.files.recipe import Recipe
from espalier.files.texts import Text, encode, read_text
from espalier.form_checks import check_form, pruned_logits, sample_of
from espalier.masks.architecture import Architecture
from espalier.model.opening import DenseFolder, load_model, open_folder
from espalier.ranks import Ranks
from espalier.recover.command import PrunedModel, Texts, check_recovery, recover_pruned, recover_recipe
from espalier.run_facts import CHECK_TOKENS, DTYPES, checked_answer, measured_on, run_facts, write_json
from espalier.train.checkpoint import Checkpoints
from espalier.train.loop import memory_gb, train
from espalier.train.perplexity import perplexity
from espalier.train.session import CounterDraws, Session


def prune(args: Namespace, recipe: Recipe, ranks: Ranks) -> dict[str, Any]:
    """Runs the command on this rank; returns the line of JSON. Throws EspalierError."""
    began = time.perf_counter()
    check_recovery(args, ranks)
    folder = open_folder(args.model)
    text, evaluation = read_text(args.text), read_text(args.eval)
    model = load_model(folder, DTYPES[args.weights], ranks, recompute=args.recompute)
    vocab = model.get_input_embeddings().weight.shape[0]
    held = encode(args.model, evaluation, vocab)[: args.eval_tokens]
    longest = int(model.config.max_position_embeddings)
    if recipe.tokens > longest:
        raise EspalierError(f"tokens: expected at most {longest}, the model's context, got {recipe.tokens}")
    context = min(args.context, longest)
    dense, tokens = perplexity(model, held, context, ranks)
    calibration = encode(args.model, text, vocab)
    session = Session(model, recipe, CounterDraws(recipe, calibration), ranks, args.sequences or ranks.world)
    checkpoints = Checkpoints(args.out / "checkpoints", f"{folder.fingerprint} {text.reference()['sha256']}")
    resumed = _start(session, checkpoints, args.resume)
    seconds = train(session, checkpoints)
    architecture = session.architecture()
    session.selection.gates = [torch.from_numpy(mask).to(ranks.device) for mask in architecture.masks]
    pruned, _ = perplexity(model, held, context, ranks)
    ratio = architecture.kept_weights / session.shape.block_weights
    recovery, outcome = recover_recipe(args, ratio, recipe.seed), None
    if recovery is not None:
        session.selection.remove()
        of = PrunedModel(model, folder.weights, ratio, pruned, masks=architecture.masks)
        outcome = recover_pruned(of, recovery, Texts(calibration, held, context), ranks)
    measured = measured_on(evaluation, context, tokens, (dense, outcome.perplexity if outcome else pruned))
    run = _finished(folder, session, architecture, text, measured, outcome.receipt if outcome else None)
    logits = pruned_logits(outcome.model if outcome else model, held[:CHECK_TOKENS], ranks)
    weights = outcome.weights(folder.weights) if outcome else folder.weights
    source = Source(folder.path, folder.raw_config, weights, architecture.masks, args.shard_bytes)
    forms = _write(args, source, run, (held[:CHECK_TOKENS], logits), ranks) if ranks.first else []
    ranks.wait()
    steps = session.steps_done - resumed
    return {
        "adapter": run.adapter,
        "host": run.host,
        "ranks": ranks.world,
        "precision": args.weights,
        "keptBlocks": ratio,
        "keptModel": run.kept_model["kept"] / run.kept_model["of"],
        "perplexity": {**measured, "text": evaluation.name},
        "keptBlockWeights": architecture.kept_weights,
        "widths": run.widths,
        "steps": session.steps_done,
        "secondsTraining": round(seconds, 3),
        "msPerStep": round(1000 * seconds / max(1, steps), 3),
        "tokensPerSecond": round(steps * recipe.tokens * session.sequences / max(seconds, 1e-9), 1),
        "memoryGb": round(memory_gb(ranks.device), 3),
        **({"recovery": outcome.answer} if outcome else {}),
        "forms": forms,
        "recipe": run_json(run)["record"]["made"]["recipe"],
        "seconds": round(time.perf_counter() - began, 1),
        "out": str(args.out),
    }


def _start(session: Session, checkpoints: Checkpoints, resume: bool) -> int:
    """Restores or clears the checkpoints; returns the step that the run starts at."""
    if not resume:
        if session.ranks.first:
            checkpoints.clear()
        session.ranks.wait()
    elif not checkpoints.restore(session) and session.ranks.first:
        print(f"{checkpoints.folder}: no checkpoint yet, so the run starts at step 0.", file=sys.stderr)
    return session.steps_done


def _finished(
    folder: DenseFolder,
    session: Session,
    architecture: Architecture,
    text: Text,
    measured: dict[str, Any],
    recovery: dict[str, Any] | None,
) -> FinishedRun:
    return FinishedRun(
        recipe=session.recipe,
        architecture=architecture,
        steps=session.steps_done,
        **run_facts(folder, session.shape, session.ranks, session.sequences),
        calibration=text.reference(),
        perplexity=measured,
        history=vars(session.history),
        recovery=recovery,
    )


def _write(
    args: Namespace, source: Source, run: FinishedRun, checked: tuple[torch.Tensor, torch.Tensor], ranks: Ranks
) -> list[dict[str, Any]]:
    """Writes the forms, their receipts and run.json; opens each form again unless the model is sharded."""
    ids, logits = checked
    answers = []
    for form in args.forms:
        out = args.out / form
        out.mkdir(parents=True, exist_ok=True)
        (export_masked if form == "masked" else export_compact)(source, out)
        check = check_form(out, form, ids, logits) if ranks.world == 1 else None
        receipt = receipt_json(run, [{**check, "dtype": run.dtype}] if check else [], sample_of(ids, logits))
        write_json(out / "receipt.json", receipt)
        size = sum(path.stat().st_size for path in out.glob("*.safetensors"))
        answers.append({"form": form, "ok": True, "dtype": run.dtype, "bytes": size, **checked_answer(check)})
    write_json(args.out / "run.json", run_json(run))
    return answers


def recipe_source(path: Path) -> Any:
    """The recipe in a JSON file: a run.json, a receipt.json, or a recipe alone. Throws EspalierError."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EspalierError(f"--recipe: expected a JSON file of a run, a receipt or a recipe, got {path} ({error})") from error
    if isinstance(found, dict) and "record" in found:
        return found["record"].get("made", {}).get("recipe")
    return found.get("recipe", found) if isinstance(found, dict) else found

"""`espalier prune`: trains masks for one ratio or for every ratio, measures perplexity, and writes exports, receipt and run.json."""

import json
import sys
import time
from argparse import Namespace
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from espalier.errors import EspalierError
from espalier.export_folders import StagedForms
from espalier.files import js_json
from espalier.files.export import Source, export_compact, export_masked
from espalier.files.peft import write_adapter
from espalier.files.records import FinishedRun, receipt_json, run_json
from espalier.files.recipe import Recipe, recipe_json
from espalier.files.texts import Text, encode, read_text
from espalier.form_checks import check_by_blocks, check_form, pruned_logits, sample_of
from espalier.masks.architecture import Architecture, nestedness_of
from espalier.masks.sharing import check_reachable
from espalier.model.opening import DenseFolder, load_model, open_folder
from espalier.ranks import Ranks
from espalier.recover.command import Outcome, PrunedModel, Texts, check_recovery, recover_pruned, recover_recipe
from espalier.recover.student import Pruning
from espalier.run_facts import CHECK_TOKENS, DTYPES, checked_answer, measured_on, run_facts, write_json
from espalier.train.checkpoint import Checkpoints
from espalier.train.loop import memory_gb, train
from espalier.train.perplexity import perplexity
from espalier.train.session import CounterDraws, Session


@dataclass(frozen=True)
class _Trained:
    """A trained session with what its architectures are measured on."""

    args: Namespace
    folder: DenseFolder
    session: Session
    text: Text
    evaluation: Text
    texts: Texts
    dense: float
    tokens: int

    def measured(self, pruned: float) -> dict[str, Any]:
        """The pair of perplexities."""
        return measured_on(self.evaluation, self.texts.context, self.tokens, (self.dense, pruned))


def prune(args: Namespace, recipe: Recipe, ranks: Ranks) -> dict[str, Any]:
    """Runs the command on this rank; returns the line of JSON. Throws EspalierError.

    With `args.ratios`, ascending, each of them is measured and exported to its own folder, and run.json is a list of their runs.
    """
    check_recovery(args, ranks)
    folders = [""] if args.ratios is None else [f"{_folder_of(ratio)}/" for ratio in args.ratios]
    with StagedForms(args.out, [folder + form for folder in folders for form in args.forms], ranks) as staged:
        return _prune(args, recipe, ranks, staged)


def _folder_of(ratio: float) -> str:
    return f"keep-{js_json.number(ratio)}"


def _prune(args: Namespace, recipe: Recipe, ranks: Ranks, staged: StagedForms) -> dict[str, Any]:
    began = time.perf_counter()
    trained = _opened(args, recipe, ranks)
    session = trained.session
    checkpoints = Checkpoints(args.out / "checkpoints", f"{trained.folder.fingerprint} {trained.text.reference()['sha256']}")
    resumed = _start(session, checkpoints, args.resume)
    seconds = train(session, checkpoints)
    steps = session.steps_done - resumed
    if args.ratios is None:
        run, answer, _ = _export(trained, recipe.ratio, staged)
        staged.finish(lambda: run_json(run))
    else:
        found = [_export(trained, ratio, staged, f"{_folder_of(ratio)}/") for ratio in args.ratios]
        run = found[0][0]
        staged.finish(lambda: [run_json(one) for one, _, _ in found])
        answer = {
            "ratios": [{"keep": ratio, **one} for ratio, (_, one, _) in zip(args.ratios, found, strict=True)],
            "nestedness": nestedness_of([architecture.masks for _, _, architecture in found]),
        }
    return {
        "adapter": run.adapter,
        "host": run.host,
        "ranks": ranks.world,
        "precision": args.weights,
        **answer,
        "steps": session.steps_done,
        "secondsTraining": round(seconds, 3),
        "msPerStep": round(1000 * seconds / max(1, steps), 3),
        "tokensPerSecond": round(steps * recipe.tokens * session.sequences / max(seconds, 1e-9), 1),
        "memoryGb": round(memory_gb(ranks.device), 3),
        "recipe": recipe_json(recipe),
        "seconds": round(time.perf_counter() - began, 1),
        "out": str(args.out),
    }


def _opened(args: Namespace, recipe: Recipe, ranks: Ranks) -> _Trained:
    """Opens model and texts and measures the dense model; the session is at step 0."""
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
    for ratio in args.ratios or ():
        check_reachable(session.shape, replace(recipe, ratio=ratio))
    return _Trained(args, folder, session, text, evaluation, Texts(calibration, held, context), dense, tokens)


def _export(
    trained: _Trained, ratio: float, staged: StagedForms, folder_of: str = ""
) -> tuple[FinishedRun, dict[str, Any], Architecture]:
    """Measures the architecture of a ratio, recovers it if asked, and writes its forms; returns its part of the line of JSON.

    folder_of: before the names of the forms, such as "keep-0.5/".
    """
    session, folder, args = trained.session, trained.folder, trained.args
    ranks, held = session.ranks, trained.texts.evaluation
    architecture = session.architecture(ratio)
    session.selection.gates = [torch.from_numpy(mask).to(ranks.device) for mask in architecture.masks]
    pruned, _ = perplexity(session.model, held, trained.texts.context, ranks)
    kept = architecture.kept_weights / session.shape.block_weights
    outcome = _recovered(trained, architecture, kept, pruned)
    measured = trained.measured(outcome.perplexity if outcome else pruned)
    run = FinishedRun(
        recipe=replace(session.recipe, ratio=ratio),
        architecture=architecture,
        steps=session.steps_done,
        **run_facts(folder, session.shape, ranks, session.sequences, args.weights),
        calibration=trained.text.reference(),
        perplexity=measured,
        history=vars(session.history),
        recovery=outcome.receipt if outcome else None,
    )
    sample = held[:CHECK_TOKENS]
    logits = pruned_logits(outcome.model if outcome else session.model, sample, ranks)
    weights = outcome.weights(folder.weights) if outcome else folder.weights
    source = Source(folder.path, folder.raw_config, weights, architecture.masks, args.shard_bytes)
    adapter = outcome.adapter if outcome else {}

    def write(form: str, out: Path) -> dict[str, Any]:
        if form == "masked" and adapter:
            write_adapter(adapter, out)
        return _write(source, form, out, run, (sample, logits), ranks)

    writing = args.forms if ranks.first else []
    forms = [answer for form in writing for answer in staged.write(folder_of + form, partial(write, form))]
    answer = {
        "keptBlocks": kept,
        "keptModel": run.kept_model["kept"] / run.kept_model["of"],
        "perplexity": {**measured, "text": trained.evaluation.name},
        "keptBlockWeights": architecture.kept_weights,
        "widths": run.widths,
        **({"recovery": outcome.answer} if outcome else {}),
        "forms": forms,
    }
    return run, answer, architecture


def _recovered(trained: _Trained, architecture: Architecture, kept: float, pruned: float) -> Outcome | None:
    """The recovery of the pruned model; None without --recover. kept: share of the block weights."""
    session = trained.session
    recipe = recover_recipe(trained.args, kept, session.recipe.seed)
    if recipe is None:
        return None
    session.selection.remove()
    of = PrunedModel(session.model, trained.folder.weights, pruned, Pruning(masks=architecture.masks))
    return recover_pruned(of, recipe, trained.texts, session.ranks)


def _start(session: Session, checkpoints: Checkpoints, resume: bool) -> int:
    """Restores or clears the checkpoints; returns the step that the run starts at."""
    if not resume:
        if session.ranks.first:
            checkpoints.clear()
        session.ranks.wait()
    elif not checkpoints.restore(session) and session.ranks.first:
        print(f"{checkpoints.folder}: no checkpoint yet, so the run starts at step 0.", file=sys.stderr)
    return session.steps_done


def _write(
    source: Source, form: str, out: Path, run: FinishedRun, checked: tuple[torch.Tensor, torch.Tensor], ranks: Ranks
) -> dict[str, Any]:
    """Writes a form and its receipt, and opens the form again. Throws EspalierError if it computes something else.

    Where the model is sharded, the masked form is opened block by block, and the compact form, which has the same weights, is not.
    """
    ids, logits = checked
    (export_masked if form == "masked" else export_compact)(source, out)
    if ranks.world == 1:
        check = check_form(out, form, ids, logits)
    else:
        check = check_by_blocks(out, ids, logits) if form == "masked" else None
    receipt = receipt_json(run, [{**check, "dtype": run.dtype}] if check else [], sample_of(ids, logits))
    write_json(out / "receipt.json", receipt)
    size = sum(path.stat().st_size for path in out.glob("*.safetensors"))
    return {"form": form, "ok": True, "dtype": run.dtype, "bytes": size, **checked_answer(check)}


def recipe_source(path: Path) -> Any:
    """The recipe in a JSON file: a run.json, a receipt.json, or a recipe alone. Throws EspalierError."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EspalierError(f"--recipe: expected a JSON file of a run, a receipt or a recipe, got {path} ({error})") from error
    if isinstance(found, list) and found:
        found = found[0]
    if isinstance(found, dict) and "record" in found:
        return found["record"].get("made", {}).get("recipe")
    return found.get("recipe", found) if isinstance(found, dict) else found

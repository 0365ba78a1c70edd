"""Planned memory against what is really kept: activations of real forward passes, gate parameters, and the sizes of public models."""

import json
import tempfile
import unittest
from pathlib import Path

import torch
from golden import GOLDEN, golden_model

from espalier.errors import EspalierError
from espalier.files.recipe import Recipe
from espalier.masks.sharing import sharing_of
from espalier.model.families import blocks_of, shape_of
from espalier.model.memory import recompute_blocks
from espalier.model.selection import Selection
from espalier.plan import PlannedModel, step_activations, read_gpus, gate_parameters, planned_model, rank_memory
from espalier.train.gate_models import gate_model_for
from espalier.train.session import language_loss

LLAMA_7B = {
    "model_type": "llama", "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32, "num_attention_heads": 32,
    "num_key_value_heads": 32, "vocab_size": 32000, "tie_word_embeddings": False,
}  # fmt: skip


def really_kept(case: str, tokens: int, recompute: bool) -> int:
    """Bytes that autograd keeps for one sequence."""
    model = golden_model(case)
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    own = {tensor.untyped_storage().data_ptr() for tensor in [*model.parameters(), *model.buffers()]}
    if recompute:
        recompute_blocks(model)
    Selection(blocks_of(model)).gates = [torch.ones(size, requires_grad=True) for size in shape_of(model).sizes]
    kept: dict[int, torch.UntypedStorage] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = language_loss(model, torch.zeros(tokens, dtype=torch.int64))
    del loss
    return sum(storage.nbytes() for storage in kept.values())


class Plan(unittest.TestCase):
    def test_activations_are_those_that_a_real_pass_keeps(self) -> None:
        for case in ("llama", "gemma", "opt", "phi"):
            with self.subTest(case):
                model = planned_model(GOLDEN / case)
                kept = really_kept(case, 200, recompute=False)
                self.assertAlmostEqual(step_activations(GOLDEN / case, model, 200, torch.float32, False) / kept, 1, delta=0.1)

    def test_recomputing_keeps_one_block(self) -> None:
        model = planned_model(GOLDEN / "llama")
        full, less = (step_activations(GOLDEN / "llama", model, 200, torch.float32, recompute) for recompute in (False, True))
        self.assertGreater(less, really_kept("llama", 200, recompute=True))
        self.assertLess(less, 0.7 * full)

    def test_gate_parameters(self) -> None:
        shape = shape_of(golden_model("llama"))
        for gates in ("full", "mlp", "constrained", "no-gru", "no-hypernetwork"):
            recipe = Recipe(gates=gates)
            made = gate_model_for(recipe, sharing_of(recipe, shape).sizes)
            self.assertEqual(gate_parameters(shape, recipe), sum(one.numel() for one in made.parameters()))

    def test_a_large_model_is_planned_from_its_config_alone(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "config.json").write_text(json.dumps(LLAMA_7B))
            model: PlannedModel = planned_model(Path(folder))
            self.assertEqual(model.shape.total_weights, 6_738_415_616)
            recipe = Recipe(tokens=2048)
            one, eight = (rank_memory(Path(folder), model, recipe, ranks, torch.bfloat16, True) for ranks in (1, 8))
            self.assertEqual([one.weights, one.gathered], [2 * 6_738_415_616, 0])
            self.assertEqual(eight.weights, 2 * 6_738_415_616 // 8)
            self.assertLess(eight.total, 10e9)

    def test_gpus(self) -> None:
        self.assertEqual(read_gpus("4xA100-80"), (4, 80))
        with self.assertRaises(EspalierError):
            read_gpus("A100")


if __name__ == "__main__":
    unittest.main()

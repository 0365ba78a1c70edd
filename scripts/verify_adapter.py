"""The low-rank adapter of a recovery for verify_python.py: opened with peft on the masked form before the recovery, in float32 on the CPU."""

import peft
import torch
from verify_torch import load, logits_of, stored_dtype

VERSION = f"peft {peft.__version__}"


class AdaptedForm:
    """The masked form before a recovery (a folder) with the adapter in `lora`, and the recovered masked form that it must equal."""

    def __init__(self, before, recovered):
        self.dtype = stored_dtype(recovered)
        self.expected, self.problems = load(recovered, own_code=False)
        base, problems = load(before, own_code=False)
        self.problems = "; ".join(filter(None, [self.problems, problems]))
        self.masked = {name: tensor.clone() for name, tensor in base.state_dict().items()}
        self.adapted = peft.PeftModel.from_pretrained(base, recovered / "lora").eval()

    def logits(self, ids):
        """Logits (T, V) of the adapted, the recovered and the unrecovered model."""
        adapted, expected = logits_of(self.adapted, ids), logits_of(self.expected, ids)
        with self.adapted.disable_adapter():
            before = logits_of(self.adapted, ids)
        return adapted, expected, before

    def merged_difference(self):
        """Largest difference of a weight between peft's merged model and the recovered form, relative to the largest of its tensor."""
        merged = self.adapted.merge_and_unload().state_dict()
        expected = self.expected.state_dict()
        if merged.keys() != expected.keys():
            return float("inf")
        return max(((merged[n] - expected[n]).abs().max() / expected[n].abs().max().clamp(min=1e-30)).item() for n in expected)

    def zeros_stay(self):
        """Whether every row and column that is 0 in the masked form is 0 in the recovered one."""
        matrices = [(self.masked[n], t) for n, t in self.expected.state_dict().items() if t.dim() == 2 and "layers" in n]
        return all(
            bool((after.abs().sum(axis)[before.abs().sum(axis) == 0] == 0).all())
            for before, after in matrices
            for axis in (0, 1)
        )

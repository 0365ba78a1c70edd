"""The masked and compact forms for verify_python.py: loading, generating and saving in transformers, in float32 on the CPU."""

import tempfile

import torch
from safetensors.torch import safe_open
from transformers import AutoModelForCausalLM


def load(folder, own_code, **more):
    """The model in float32, and the tensors that did not fit: missing, unexpected or of another shape."""
    model, info = AutoModelForCausalLM.from_pretrained(
        folder, trust_remote_code=own_code, dtype=torch.float32, output_loading_info=True, **more
    )
    problems = [f"{kind}: {sorted(map(str, names))[:3]}" for kind, names in info.items() if names]
    return model.eval(), "; ".join(problems)


def logits_of(model, ids):
    """Logits (T, V) of token ids (T)."""
    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0].float()


class TorchForm:
    """A folder that AutoModelForCausalLM opens. own_code: it contains its own classes; more: arguments of from_pretrained."""

    def __init__(self, folder, own_code, **more):
        self.folder, self.own_code = folder, own_code
        self.model, self.problems = load(folder, own_code, **more)
        self.loaded_as = type(self.model).__name__
        self.dtype = stored_dtype(folder)

    def forward(self, ids):
        return logits_of(self.model, ids)

    def greedy(self, ids, count, use_cache):
        """Greedy tokens after `ids`, with or without the KV cache."""
        prompt = torch.tensor([ids])
        settings = dict(do_sample=False, use_cache=use_cache, max_new_tokens=count, min_new_tokens=count)
        return self.model.generate(prompt, attention_mask=torch.ones_like(prompt), pad_token_id=0, **settings)[0].tolist()

    def checks(self, ids, logits):
        """Yields (check, value, good) for checks of this form only; good is None where the value is a difference of logits."""
        with tempfile.TemporaryDirectory() as again:
            self.model.save_pretrained(again)
            reloaded, problems = load(again, self.own_code)
            yield "save_pretrained: logits of the copy", (logits_of(reloaded, ids) - logits).abs().max().item(), None
            yield "save_pretrained: loads again", problems or "yes", not problems


def stored_dtype(folder):
    """The dtype of the weights in the file, by its name in safetensors."""
    with safe_open(sorted(folder.glob("*.safetensors"))[0], "pt") as file:
        names = [name for name in file.keys() if name.endswith("weight")]
        return file.get_slice(names[0]).get_dtype()

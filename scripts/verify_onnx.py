"""The onnx form for verify_python.py: onnx's checker, and logits in onnxruntime on the CPU with and without the KV cache."""

import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from transformers import AutoConfig

# The cache and batches are tested with a longer first piece followed by single tokens, and with padding.
FIRST_TOKENS = 8
LAST_TOKENS = 6
PADDING = 5
PAD_ID = 0


class OnnxForm:
    """A folder with onnx/model.onnx, run by onnxruntime as transformers.js does."""

    problems = ""

    def __init__(self, folder):
        self.path = folder / "onnx" / "model.onnx"
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors only; warnings would appear between the lines of the table
        self.session = onnxruntime.InferenceSession(self.path, options, providers=["CPUExecutionProvider"])
        self.loaded_as = "onnxruntime session"
        self.outputs = [output.name for output in self.session.get_outputs()]
        self.cache = [value for value in self.session.get_inputs() if value.name.startswith("past_key_values.")]
        self.graph = onnx.load(self.path, load_external_data=False).graph
        self.dtype = stored_dtype(self.graph)

    def run(self, ids, mask, past=None):
        """Logits (B, T, V) and the cache for token ids (B, T) after `past`. mask: (B, past + T), 0 for padding."""
        positions = np.where(mask == 0, 1, mask.cumsum(-1) - 1)[:, -ids.shape[1] :]
        feeds = {"input_ids": ids, "attention_mask": mask, "position_ids": positions}
        for value in self.cache:
            _, heads, _, size = value.shape
            feeds[value.name] = past[value.name] if past else np.zeros((len(ids), heads, 0, size), np.float32)
        logits, *present = self.session.run(self.outputs, feeds)
        names = [name.replace("present.", "past_key_values.") for name in self.outputs[1:]]
        return torch.from_numpy(logits), dict(zip(names, present, strict=True))

    def steps(self, ids, mask, first):
        """Logits (B, T, V): the first `first` tokens at once, then token by token through the cache."""
        logits, past = self.run(ids[:, :first], mask[:, :first])
        parts = [logits]
        for t in range(first, ids.shape[1]):
            logits, past = self.run(ids[:, t : t + 1], mask[:, : t + 1], past)
            parts.append(logits)
        return torch.cat(parts, dim=1)

    def forward(self, ids):
        """Logits (T, V) of token ids (T) at once, without a cache."""
        return self.run(*batch(ids))[0][0]

    def longrope_prompt(self, tokens):
        """
        How many tokens must be computed at once so that decoding equals one pass over all. With longrope, keys in the cache keep the
        frequencies of the pass that made them, in transformers too, so only a prompt over the original context has the long ones.
        """
        config = AutoConfig.from_pretrained(self.path.parent.parent)
        rope = getattr(config, "rope_parameters", None) or {}
        original = rope.get("original_max_position_embeddings", tokens)
        return min(original + 1, tokens) if rope.get("rope_type") == "longrope" and original < tokens else 0

    def greedy(self, ids, count, use_cache):
        """Greedy tokens after `ids`, with or without the KV cache."""
        known = list(ids)
        logits, past = self.run(*batch(known))
        for _ in range(count):
            known.append(int(logits[0, -1].argmax()))
            tokens, mask = batch(known)
            logits, past = self.run(tokens[:, -1:], mask, past) if use_cache else self.run(tokens, mask)
        return known

    def checks(self, ids, logits):
        """Yields (check, value, good) for checks of this form only; good is None where the value is a difference of logits."""
        yield "onnx checker, strict shape inference", *check_file(self.path)
        first = max(FIRST_TOKENS, self.longrope_prompt(len(ids)))
        yield "token by token through the KV cache", largest(self.steps(*batch(ids), first)[0] - logits), None
        padded = np.array([ids, [PAD_ID] * PADDING + ids[PADDING:]], np.int64)
        mask = np.ones_like(padded)
        mask[1, :PADDING] = 0
        longer, shorter = self.steps(padded, mask, max(len(ids) - LAST_TOKENS, self.longrope_prompt(len(ids))))
        yield "batch of 2: the longer", largest(longer - logits), None
        yield "batch of 2: the shorter, padded on the left", largest(shorter[PADDING:] - self.forward(ids[PADDING:])), None


def batch(ids):
    """A batch of one, and its mask."""
    tokens = np.array([ids], np.int64)
    return tokens, np.ones_like(tokens)


def largest(difference):
    return difference.abs().max().item()


def check_file(path):
    """What the checker and strict shape inference report, and whether the file passes."""
    try:
        onnx.checker.check_model(path, full_check=True)
        with tempfile.TemporaryDirectory() as folder:
            inferred = Path(folder) / "inferred.onnx"
            onnx.shape_inference.infer_shapes_path(path, inferred, check_type=True, strict_mode=True, data_prop=True)
            model = onnx.load(inferred, load_external_data=False)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        return " ".join(str(error).split())[:200], False
    known = {value.name for value in (*model.graph.value_info, *model.graph.output)}
    unknown = [name for node in model.graph.node for name in node.output if name not in known]
    if unknown:
        return f"no shape for {unknown[:3]}", False
    return f"{len(model.graph.node)} nodes, opset {model.opset_import[0].version}", True


def stored_dtype(graph):
    """The dtype of the weights in the file, by its name in safetensors."""
    types = {tensor.data_type for tensor in graph.initializer if tensor.name.endswith(".weight")}
    return "F16" if onnx.TensorProto.FLOAT16 in types else "F32"

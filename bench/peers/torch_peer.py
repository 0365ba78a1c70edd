"""The training step in PyTorch on a CUDA card, or on the CPU where there is none, driven over standard input and output, a line of JSON per message.

The method is golden/reference/prune_reference.py on transformers' model, with the studio's counter-based noise, so that equal steps draw equal gates.
Messages: {"open": {...}}, {"start": tokens, "tf32"}, {"steps": count, "tf32"}. Answers: {"version", ...}, {}, {"losses", "ms"}.
With and without TF32 are two trainings; TF32 concerns CUDA cards only. `open` may name a "device", which is otherwise chosen.
"""
import json
import math
import sys
import time
from pathlib import Path

import torch
import transformers
from transformers import AutoModelForCausalLM

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "golden/reference"))
from prune_reference import Budget, Gates, Hypernetwork, pcg, reinmax  # noqa: E402


def noise(seed, step, draw, vector, count):
    """(count) uniform numbers in (0, 1), in float64: counter_noise of prune_reference for the indices 0 .. count - 1 at once."""
    bits = 0
    for counter in (seed, step, draw, vector): bits = pcg((bits + counter) % 2**32)
    bits = pcg((bits + torch.arange(count)) % 2**32)
    return ((bits >> 9) * 2 + 1).double() / 2**24


def start_as_the_studio(hypernetwork, seed, draws):
    """Sets z and the parameters to the values that src/engine/prune/gates/hypernetLayout.ts gives for a seed."""
    with torch.no_grad():
        for i, (name, parameter) in enumerate(hypernetwork.named_parameters()):
            if name.startswith("norm."): continue  # 1 and 0, as PyTorch starts them
            bound = 1 / math.sqrt(64 if name.startswith("gru.") else 128)
            values = bound * (2 * noise(seed, 0, draws["init"], i, parameter.numel()) - 1)
            parameter.copy_(values.float().reshape(parameter.shape))
        for i, row in enumerate(hypernetwork.z):
            u = noise(seed, 0, draws["inputs"], i, 2 * row.numel()).reshape(-1, 2)
            row.copy_(((-2 * u[:, 0].log()).sqrt() * (2 * math.pi * u[:, 1]).cos()).float()[None])


class Training:
    def __init__(self, model, gates, given, tokens):
        recipe = given["recipe"]
        self.model, self.gates, self.given, self.tokens, self.done = model, gates, given, tokens, 0
        self.budget = Budget(gates.blocks)
        self.device = model.device
        self.hypernetwork = Hypernetwork(gates.sizes)
        start_as_the_studio(self.hypernetwork, recipe["seed"], given["draws"])
        self.hypernetwork.to(self.device)
        self.optimiser = torch.optim.AdamW(self.hypernetwork.parameters(), lr=recipe["learningRate"], weight_decay=recipe["weightDecay"],
                                           fused=self.device.type == "cuda")

    def inputs(self, step):
        seed, draws, ids = self.given["recipe"]["seed"], self.given["draws"], self.given["ids"]
        start = math.floor(noise(seed, step, draws["batch"], 0, 1).item() * (len(ids) - self.tokens + 1))
        batch = torch.tensor([ids[start:start + self.tokens]], device=self.device)
        return batch, [noise(seed, step, draws["language"], i, n).float().to(self.device) for i, n in enumerate(self.gates.sizes)]

    def step(self, ids, noises):
        recipe = self.given["recipe"]
        self.gates.values = [reinmax(x, u) for x, u in zip(self.hypernetwork(), noises)]
        loss = self.model(ids, labels=ids).loss
        total = loss + recipe["lambda"] * self.budget.penalty(self.gates.values, recipe["ratio"])
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()
        self.optimiser.step()
        return loss.detach()

    def steps(self, count):
        """Batches and noise are made before the clock starts, as for the other programs."""
        inputs = [self.inputs(self.done + i) for i in range(count)]
        self.done += count
        wait = torch.cuda.synchronize if self.device.type == "cuda" else (lambda: None)
        wait()
        began = time.perf_counter()
        losses = [self.step(*one) for one in inputs]
        wait()
        ms = 1000 * (time.perf_counter() - began)
        return {"losses": [loss.item() for loss in losses], "ms": ms}


def set_tf32(on):
    torch.backends.cuda.matmul.allow_tf32 = on
    torch.backends.cudnn.allow_tf32 = on


def main():
    model = gates = given = None
    trainings = {}
    for line in sys.stdin:
        message = json.loads(line)
        answer = {}
        if "open" in message:
            given = message["open"]
            device = given.get("device", "cuda" if torch.cuda.is_available() else "cpu")
            model = AutoModelForCausalLM.from_pretrained(given["model"], dtype=torch.float32).to(device).eval()
            for parameter in model.parameters(): parameter.requires_grad_(False)
            gates = Gates(model)
            answer = {"version": torch.__version__.split("+")[0], "transformers": transformers.__version__, "threads": torch.get_num_threads()}
            if device == "cuda": answer["card"] = torch.cuda.get_device_name(0)
        else:
            tf32 = message.get("tf32", False)
            set_tf32(tf32)
            if "start" in message: trainings[tf32] = Training(model, gates, given, message["start"])
            else: answer = trainings[tf32].steps(message["steps"])
        print(json.dumps(answer), flush=True)


main()

"""Times the DISP training step of a LLaMA with random weights in PyTorch, for comparison with the lab's figures on the same card.

    python bench/lab/torch_step.py OUT.json [--tokens 512 2048] [--device cuda] [--compile]

The method is golden/reference/prune_reference.py: masks by hooks on transformers' model, bi-GRU hypernetwork, ReinMax, budget, AdamW.
"""
import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import torch
import transformers
from transformers import LlamaConfig, LlamaForCausalLM

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "golden/reference"))
from prune_reference import Budget, Gates, Hypernetwork, reinmax  # noqa: E402

SMOLLM2_135M = dict(vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9,
                    num_key_value_heads=3, tie_word_embeddings=True, max_position_embeddings=8192)
WARM_UP, STEPS, ROUNDS = 5, 5, 5


def stepper(model, gates, budget, hypernetwork, tokens, device):
    optimiser = torch.optim.AdamW(hypernetwork.parameters(), lr=1e-3, weight_decay=0.05, fused=device == "cuda")
    ids = torch.randint(0, 49152, (1, tokens), device=device)

    def step():
        logits = hypernetwork()
        gates.values = [reinmax(x, torch.rand_like(x)) for x in logits]
        loss = model(ids, labels=ids).loss + 6.0 * budget.penalty(gates.values, 0.5)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
    return step


def timed(step, device):
    wait = torch.cuda.synchronize if device == "cuda" else (lambda: None)
    for _ in range(WARM_UP): step()
    wait()
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(STEPS): step()
        wait()
        times.append(1000 * (time.perf_counter() - began) / STEPS)
    return {"median": statistics.median(times), "min": min(times), "max": max(times)}


def busy_ms(step):
    """Time that the card computes per step: the sum of its kernels, without the gaps in which it waits for Python."""
    from torch.profiler import ProfilerActivity, profile
    with profile(activities=[ProfilerActivity.CUDA]) as record:
        for _ in range(STEPS): step()
        torch.cuda.synchronize()
    return sum(event.self_device_time_total for event in record.key_averages()) / 1000 / STEPS


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--tokens", type=int, nargs="+", default=[512, 2048])
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--compile", action="store_true")
    given = parser.parse_args()
    device = given.device
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(**SMOLLM2_135M)).to(device).eval()
    for parameter in model.parameters(): parameter.requires_grad_(False)
    gates = Gates(model)
    budget = Budget(gates.blocks)
    name = torch.cuda.get_device_name(0) if device == "cuda" else "CPU"
    result = {"adapter": name, "torch": torch.__version__, "transformers": transformers.__version__, "model": "SmolLM2-135M shape", "steps": []}
    for tf32 in (False, True) if device == "cuda" else (False,):
        torch.backends.cuda.matmul.allow_tf32 = tf32
        torch.backends.cudnn.allow_tf32 = tf32
        for mode in ("eager", "compile") if given.compile else ("eager",):
            for tokens in given.tokens:
                hypernetwork = Hypernetwork(gates.sizes).to(device)
                step = stepper(model, gates, budget, hypernetwork, tokens, device)
                try:
                    began = time.perf_counter()
                    ms = timed(torch.compile(step) if mode == "compile" else step, device)
                    figure = {"mode": mode, "tf32": tf32, "tokens": tokens, "ms": ms, "seconds": time.perf_counter() - began}
                    if device == "cuda" and mode == "eager": figure["busyMs"] = busy_ms(step)
                except Exception as error:
                    figure = {"mode": mode, "tf32": tf32, "tokens": tokens, "error": str(error)[:500]}
                result["steps"].append(figure)
                print(figure, file=sys.stderr, flush=True)
                Path(given.out).write_text(json.dumps(result, indent=1) + "\n")


main()

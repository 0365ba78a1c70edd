"""A low-rank adapter as the files that peft opens on the masked form before a recovery. As src/engine/formats/export/peftAdapter.ts."""

from collections.abc import Mapping
from pathlib import Path

import torch

from espalier.files import js_json
from espalier.files.safetensors_file import NewTensor, write_tensors

Adapter = Mapping[str, tuple[torch.Tensor, torch.Tensor]]
"""A (rank, in) and B (out, rank), float32, by the names of the weights; what pruning removed is 0."""

_NOTE = """# Low-rank adapter

Trained by Espalier to recover a pruned model. The weights in the folder above already contain it. It fits the same pruned model before the \
recovery: the masked form that the same recipe exports without its recovery (receipt.json in the folder above has both). With \
[peft](https://github.com/huggingface/peft):

    model = AutoModelForCausalLM.from_pretrained("masked form before the recovery")
    model = PeftModel.from_pretrained(model, "this folder")

Rows of B and columns of A that pruning removed are 0, so they stay 0 in the sum. adapter_config.json names no base model, because the \
published one is not pruned.
"""


def write_adapter(adapter: Adapter, masked: Path) -> None:
    """Writes the folder `lora` into that of the masked form: the scale is 1, so lora_alpha equals r."""
    out = masked / "lora"
    out.mkdir(exist_ok=True)
    modules = [name.removesuffix(".weight") for name in adapter]
    rank = next(iter(adapter.values()))[0].shape[0]
    config = {
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": None, "inference_mode": True,
        "r": rank, "lora_alpha": rank, "lora_dropout": 0, "bias": "none", "fan_in_fan_out": False,
        "target_modules": sorted({module.split(".")[-1] for module in modules}),
    }  # fmt: skip
    (out / "adapter_config.json").write_text(js_json.dumps(config, indent=2) + "\n", encoding="utf-8")
    tensors = []
    for module, pair in zip(modules, adapter.values(), strict=True):
        for factor, values in zip(("lora_A", "lora_B"), pair, strict=True):
            name = f"base_model.model.{module}.{factor}.weight"
            tensors.append(NewTensor(name, "F32", list(values.shape), lambda values=values: values))
    write_tensors(out / "adapter_model.safetensors", tensors)
    (out / "README.md").write_text(_NOTE, encoding="utf-8")

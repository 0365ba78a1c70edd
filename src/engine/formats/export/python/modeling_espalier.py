"""Loads a compact Espalier model in transformers. The file is stored beside the weights; config.json names its classes (auto_map).

    AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True)

Each pruned layer has five lists of kept positions, the buffers s1 .. s5 of `espalier`:
    s1  read by q, k and v from the residual stream      s2  where o adds to it
    s3  read by gate and up (or fc1)                     s5  where down (or fc2) adds
    s4  kept part of the MLP's inner width
If the folder has nested.json, it contains smaller models too, cut out of these weights by the lists in nested.safetensors:

    AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True, keep=0.5)

Everything else (attention, cache, norms, RoPE, generation) is transformers' own model of the family.
Needs torch and transformers 4.53 or newer.
"""

import json

import torch
from safetensors import safe_open
from torch import nn
from transformers import GemmaConfig, GemmaForCausalLM
from transformers import LlamaConfig, LlamaForCausalLM
from transformers import MistralConfig, MistralForCausalLM
from transformers import OPTConfig, OPTForCausalLM
from transformers import PhiConfig, PhiForCausalLM
from transformers import Qwen2Config, Qwen2ForCausalLM
from transformers import Qwen3Config, Qwen3ForCausalLM
from transformers import SmolLM3Config, SmolLM3ForCausalLM
from transformers import GraniteConfig, GraniteForCausalLM
from transformers import Olmo2Config, Olmo2ForCausalLM
from transformers import Gemma3TextConfig as Gemma3Config, Gemma3ForCausalLM
from transformers import Phi3Config, Phi3ForCausalLM
from transformers import Gemma2Config, Gemma2ForCausalLM
from transformers.utils import cached_file

FORMAT = 1
NESTED_FORMAT = 1

# How the linear layers of a block are cut, by the last part of their names, in all families.
# reads: vector of the gathered inputs; cols, rows: vectors that give the widths; adds: vector of the positions that outputs add to;
# stacked: how many layers with these rows the matrix has.
CUTS = {
    **dict.fromkeys(("q_proj", "k_proj", "v_proj", "qkv_proj"), {"reads": "s1"}),
    **dict.fromkeys(("o_proj", "out_proj", "dense"), {"adds": "s2"}),
    **dict.fromkeys(("gate_proj", "up_proj", "fc1"), {"reads": "s3", "rows": "s4"}),
    "gate_up_proj": {"reads": "s3", "rows": "s4", "stacked": 2},
    **dict.fromkeys(("down_proj", "fc2"), {"cols": "s4", "adds": "s5"}),
}


class IndexLists(nn.Module):
    """The kept positions of one block, ascending: integer buffers s1 .. s5, stored with the weights."""

    def __init__(self, widths):
        super().__init__()
        for k, width in enumerate(widths, start=1):
            self.register_buffer(f"s{k}", torch.arange(width, dtype=torch.int32))

    def width(self, name, otherwise):
        """The length of a list, or `otherwise` where no list applies (name is None)."""
        return otherwise if name is None else getattr(self, name).shape[0]


class CutLinear(nn.Linear):
    """A linear layer without its pruned rows and columns: (..., full in) to (..., full out), with zeros at pruned outputs."""

    def __init__(self, full, lists, reads=None, cols=None, rows=None, adds=None, stacked=1):
        super().__init__(
            lists.width(reads or cols, full.in_features),
            stacked * lists.width(rows or adds, full.out_features // stacked),
            bias=full.bias is not None,
            device=full.weight.device,
            dtype=full.weight.dtype,
        )
        self.reads, self.adds, self.full_out, self.stacked = reads, adds, full.out_features, stacked
        self.cut_by = (rows or adds, reads or cols)  # vectors of the weight's rows and columns
        self.lists = (lists,)  # in a tuple, because the block registers the lists and torch allows one parent per module

    def cut(self, inside):
        """Keeps only some rows and columns. inside: for each vector name, positions among the current ones."""
        for axis, name in enumerate(self.cut_by):
            if name is not None:
                where = inside[name].to(self.weight.device)
                if axis == 0:
                    where = torch.cat([where + i * (len(self.weight) // self.stacked) for i in range(self.stacked)])
                self.weight = nn.Parameter(self.weight.detach().index_select(axis, where), self.weight.requires_grad)
                if axis == 0 and self.bias is not None:
                    self.bias = nn.Parameter(self.bias.detach().index_select(0, where), self.bias.requires_grad)
        self.out_features, self.in_features = self.weight.shape

    def forward(self, x):
        (lists,) = self.lists
        if self.reads is not None:
            x = x.index_select(-1, getattr(lists, self.reads))
        y = super().forward(x)
        if self.adds is not None:
            y = y.new_zeros(*y.shape[:-1], self.full_out).index_add(-1, getattr(lists, self.adds), y)
        return y


class Compact:
    """Mixin for a family's ...ForCausalLM: builds that model, then cuts every block to the widths in the config."""

    def __init__(self, config):
        section = config.espalier
        if not section or section["format"] != FORMAT:
            raise ValueError(f"config.json: espalier: expected format {FORMAT}, got {section}. Use all files of one export.")
        super().__init__(config)
        layers = self.get_decoder().layers
        for layer, widths in zip(layers, section["widths"], strict=True):
            layer.espalier = IndexLists(widths)
            for name, module in list(layer.named_modules()):
                parent, _, last = name.rpartition(".")
                if isinstance(module, nn.Linear) and last in CUTS:
                    setattr(layer.get_submodule(parent), last, CutLinear(module, layer.espalier, **CUTS[last]))

    @classmethod
    def from_pretrained(cls, folder, *args, keep=None, **kwargs):
        """As in transformers. keep: a ratio of a nested model; the largest (all weights) by default."""
        loaded = super().from_pretrained(folder, *args, **kwargs)
        if keep is not None:
            model = loaded[0] if isinstance(loaded, tuple) else loaded
            hub = {name: kwargs[name] for name in ("cache_dir", "revision", "token", "local_files_only") if name in kwargs}
            with open(cached_file(folder, "nested.json", **hub), encoding="utf-8") as file:
                nested = json.load(file)
            model.cut_to(keep, nested, cached_file(folder, "nested.safetensors", **hub))
        return loaded

    def cut_to(self, keep, nested, lists):
        """Cuts this model down to one ratio; cannot be undone. nested: parsed nested.json; lists: path of nested.safetensors."""
        if nested["format"] != NESTED_FORMAT:
            raise ValueError(f"nested.json: expected format {NESTED_FORMAT}, got {nested['format']}. Use all files of one export.")
        ratio = next((one for one in nested["ratios"] if one["keep"] == keep), None)
        if ratio is None:
            raise ValueError(f"keep: expected one of {[one['keep'] for one in nested['ratios']]}, got {keep}")
        with safe_open(lists, "pt") as file:
            names = list(file.keys())
            for l, layer in enumerate(self.get_decoder().layers):
                ends = {f"s{k}": f".layers.{l}.espalier.s{k}" for k in range(1, 6)}
                inside = {
                    s: file.get_tensor(name)
                    for s, end in ends.items()
                    for name in names
                    if name.startswith(ratio["name"] + ".") and name.endswith(end)
                }
                for module in layer.modules():
                    if isinstance(module, CutLinear):
                        module.cut(inside)
                for s, where in inside.items():
                    kept = getattr(layer.espalier, s)
                    setattr(layer.espalier, s, kept.index_select(0, where.to(kept.device)))
        self.config.espalier = {**self.config.espalier, "widths": ratio["widths"]}


class EspalierGemmaConfig(GemmaConfig):
    model_type = "espalier_gemma"
    espalier: dict | None = None


class EspalierGemmaForCausalLM(Compact, GemmaForCausalLM):
    config_class = EspalierGemmaConfig


class EspalierLlamaConfig(LlamaConfig):
    model_type = "espalier_llama"
    espalier: dict | None = None


class EspalierLlamaForCausalLM(Compact, LlamaForCausalLM):
    config_class = EspalierLlamaConfig


class EspalierMistralConfig(MistralConfig):
    model_type = "espalier_mistral"
    espalier: dict | None = None


class EspalierMistralForCausalLM(Compact, MistralForCausalLM):
    config_class = EspalierMistralConfig


class EspalierOPTConfig(OPTConfig):
    model_type = "espalier_opt"
    espalier: dict | None = None


class EspalierOPTForCausalLM(Compact, OPTForCausalLM):
    config_class = EspalierOPTConfig


class EspalierPhiConfig(PhiConfig):
    model_type = "espalier_phi"
    espalier: dict | None = None


class EspalierPhiForCausalLM(Compact, PhiForCausalLM):
    config_class = EspalierPhiConfig


class EspalierQwen2Config(Qwen2Config):
    model_type = "espalier_qwen2"
    espalier: dict | None = None


class EspalierQwen2ForCausalLM(Compact, Qwen2ForCausalLM):
    config_class = EspalierQwen2Config


class EspalierQwen3Config(Qwen3Config):
    model_type = "espalier_qwen3"
    espalier: dict | None = None


class EspalierQwen3ForCausalLM(Compact, Qwen3ForCausalLM):
    config_class = EspalierQwen3Config


class EspalierSmolLM3Config(SmolLM3Config):
    model_type = "espalier_smollm3"
    espalier: dict | None = None


class EspalierSmolLM3ForCausalLM(Compact, SmolLM3ForCausalLM):
    config_class = EspalierSmolLM3Config


class EspalierGraniteConfig(GraniteConfig):
    model_type = "espalier_granite"
    espalier: dict | None = None


class EspalierGraniteForCausalLM(Compact, GraniteForCausalLM):
    config_class = EspalierGraniteConfig


class EspalierOlmo2Config(Olmo2Config):
    model_type = "espalier_olmo2"
    espalier: dict | None = None


class EspalierOlmo2ForCausalLM(Compact, Olmo2ForCausalLM):
    config_class = EspalierOlmo2Config


class EspalierGemma3Config(Gemma3Config):
    model_type = "espalier_gemma3_text"
    espalier: dict | None = None


class EspalierGemma3ForCausalLM(Compact, Gemma3ForCausalLM):
    config_class = EspalierGemma3Config


class EspalierPhi3Config(Phi3Config):
    model_type = "espalier_phi3"
    espalier: dict | None = None


class EspalierPhi3ForCausalLM(Compact, Phi3ForCausalLM):
    config_class = EspalierPhi3Config


class EspalierGemma2Config(Gemma2Config):
    model_type = "espalier_gemma2"
    espalier: dict | None = None


class EspalierGemma2ForCausalLM(Compact, Gemma2ForCausalLM):
    config_class = EspalierGemma2Config


# makes save_pretrained copy this file, even where the classes were imported directly
for model_class in Compact.__subclasses__():
    model_class.config_class.register_for_auto_class()
    model_class.register_for_auto_class("AutoModelForCausalLM")

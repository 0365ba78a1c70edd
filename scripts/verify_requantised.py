"""GGUF models that were pruned in their own files, for verify_python.py: the package gguf makes the same bytes from the source."""

import json

import gguf
import numpy as np

# Types that exports quantise; changed matrices of others become Q8_0.
OWN_TYPES = ("F32", "F16", "BF16", "Q8_0", "Q4_0")
# Types without a code for zero; where columns are pruned they become Q8_0.
WITH_MINIMUM = ("Q4_1", "Q5_1", "Q4_K", "Q5_K")
# As in src/engine/golden/requantised.ts.
FACTOR = np.float32(0.8125)
ROWS = {"attn_output": 1, "ffn_gate": 3, "ffn_up": 3, "ffn_down": 4}
COLUMNS = {"attn_q": 0, "attn_k": 0, "attn_v": 0, "ffn_gate": 2, "ffn_up": 2, "ffn_down": 3}


def stays(shape):
    rows, columns = np.indices(shape)
    return (3 * rows + 7 * columns) % 5 < 3


def by_vectors(vectors, block, part, shape):
    """Which values of a matrix (rows, columns) the gates keep."""
    gates = lambda table, size: np.array(vectors[5 * block + table[part]], bool) if part in table else np.ones(size, bool)
    return gates(ROWS, shape[0])[:, None] & gates(COLUMNS, shape[1])[None, :]


def expected_matrix(tensor, kept, changed, cuts_columns):
    """The type and the bytes that Python makes: the source's where only codes become zero."""
    own = tensor.tensor_type.name
    values = gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
    if changed:
        values = values * FACTOR
    elif not (own in WITH_MINIMUM and cuts_columns):
        return own, None, np.where(kept, values, np.float32(0))
    values = np.where(kept, values, np.float32(0))
    kind = own if own in OWN_TYPES else "Q8_0"
    return kind, gguf.quantize(values, gguf.GGMLQuantizationType[kind]), values


def differences(source, path, kept_of, changed):
    """Counts of matrices by type that Python quantised, and the names of those that differ."""
    found = {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}
    counts, wrong = {}, []
    for tensor in source:
        name, other = tensor.name, found[tensor.name]
        if not name.startswith("blk.") or len(tensor.shape) < 2:
            equal = tensor.data.tobytes() == other.data.tobytes()
        else:
            _, block, part, _ = name.split(".")
            shape = (int(tensor.shape[1]), int(tensor.shape[0]))
            kept = kept_of(int(block), part, shape)
            cuts_columns = not (kept.all(axis=1) | ~kept.any(axis=1)).all()
            kind, data, values = expected_matrix(tensor, kept, changed, cuts_columns)
            equal = other.tensor_type.name == kind
            if equal and data is None:
                equal = np.array_equal(gguf.dequantize(other.data, other.tensor_type), values)
            elif equal:
                counts[kind] = counts.get(kind, 0) + 1
                equal = other.data.tobytes() == data.tobytes()
        if not equal:
            wrong.append(name)
    return counts, wrong


def check_requantised(table, folder):
    """Every file must have the bytes that Python makes: quantised again where types or weights changed, else the source's with zeros."""
    table.export = "requantised"
    for case in sorted(folder.iterdir()):
        source = gguf.GGUFReader(case / "source.gguf").tensors
        vectors = json.loads((case / "masks.json").read_text())["vectors"]
        vector_masks = lambda block, part, shape: by_vectors(vectors, block, part, shape)
        single = lambda _, part, shape: stays(shape) if part.startswith("ffn_") else np.ones(shape, bool)
        for name, kept_of in (("masked", vector_masks), ("changed", vector_masks), ("weights", single)):
            try:
                counts, wrong = differences(source, case / f"{name}.gguf", kept_of, name == "changed")
                shown = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "none again"
                table.row(case.name, f"{name}: matrices quantised as by Python", wrong[0] if wrong else shown, good=not wrong)
            except Exception as error:  # a file that cannot be read is a result of the check
                table.row(case.name, f"{name}: {type(error).__name__}", " ".join(str(error).split())[:200], good=False)

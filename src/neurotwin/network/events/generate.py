"""Writes ``csrc/generated.inc``: C++ of every spiking model and of every synapse that spikes drive.

Run ``python -m neurotwin.network.events.generate`` after a model changed; the file is part of the repository, so that building
the package traces nothing. A test holds it to the models.
"""

from __future__ import annotations

import json
from pathlib import Path

import jax

from neurotwin.network.events.models import compilable
from neurotwin.network.events.trace import Kernel, trace
from neurotwin.network.events.translate import Untranslatable

TARGET = Path(__file__).parent / "csrc" / "generated.inc"


def generated() -> str:
    """Text of the file."""
    kernels: list[Kernel] = []
    for model in compilable():
        try:
            kernels += trace(model)
        except Untranslatable as why:
            raise Untranslatable(f"{type(model).__name__}: {why.what}", got=why.got) from why
    neurons = [k for k in kernels if k.kind == "neuron"]
    synapses = [k for k in kernels if k.kind == "synapse"]
    table = json.dumps([k.description() for k in neurons + synapses], indent=1)
    parts = [
        "// Written by `python -m neurotwin.network.events.generate` from the models' equations; not edited by hand.",
        f"// JAX {jax.__version__}: another one may write the same equations in another order.",
        "#ifdef MODEL_TABLE",
        *(k.prepare_function() for k in neurons + synapses),
        _array("static const Prepare prepare_functions[]", [f"{k.name}_prepare" for k in neurons + synapses]),
        f'static const char* const descriptions = R"json({table})json";',
        "#else",
        *(k.step_function() for k in neurons + synapses),
        _array("static const NeuronStep neuron_steps[]", [k.name for k in neurons]),
        _array("static const SynapseStep synapse_steps[]", [k.name for k in synapses]),
        "#endif",
    ]
    return "\n".join(parts) + "\n"


def _array(declaration: str, names: list[str]) -> str:
    return f"{declaration} = {{{', '.join(names)}}};"


if __name__ == "__main__":
    TARGET.write_text(generated())

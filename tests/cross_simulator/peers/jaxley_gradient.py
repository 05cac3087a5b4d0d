"""Run by the peers' Python: a Hodgkin-Huxley compartment and its gradient in Jaxley. ``jaxley_gradient.py job.json result.npz``."""

import json
import sys
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_platforms", "cpu")
import jax.numpy as jnp  # noqa: E402
import jaxley as jx  # noqa: E402
import numpy as np  # noqa: E402
from jaxley.channels import HH  # noqa: E402

job = json.loads(Path(sys.argv[1]).read_text())
cell = jx.Compartment()
cell.insert(HH())
for name, value in job["set"].items():
    cell.set(name, value)
cell.init_states()
cell.record("v", verbose=False)
steps = round(job["duration_ms"] / job["dt_ms"])
current = jnp.full(steps, job["current_nA"])
cell.stimulate(current, verbose=False)
for name in job["learn"]:
    cell.make_trainable(name, verbose=False)
parameters = cell.get_parameters()


def loss(parameters):
    v = jx.integrate(cell, params=parameters, delta_t=job["dt_ms"])
    return jnp.mean(v[0, 1:] ** 2), v


(value, v), gradient = jax.value_and_grad(loss, has_aux=True)(parameters)
merged = {k: float(np.asarray(x).ravel()[0]) for part in gradient for k, x in part.items()}
states = {
    k: float(np.asarray(cell.nodes[k]).ravel()[0])
    for k in cell.nodes.columns
    if k.startswith("HH_") or k == "v"
}
np.savez(
    sys.argv[2],
    v=np.asarray(v[0]),
    loss=float(value),
    gradient=json.dumps(merged),
    nodes=json.dumps(states, default=str),
)

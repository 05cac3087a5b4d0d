"""The twin: parameters, wiring and blueprint in one immutable object that simulates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy.sparse as sp

from neurotwin._base.errors import DivergenceError, InputError, unknown_name
from neurotwin.biology import Recording
from neurotwin.blueprint import Blueprint
from neurotwin.network.clamp import Clamp
from neurotwin.network.dynamics import NEVER, Drive, rollout
from neurotwin.network.parameters import Parameters, assemble
from neurotwin.network.wiring import Wiring

BATCH = 64
"""Simulations that run side by side."""


class Twin(eqx.Module):
    """A fitted deep network that stands for a biological one; an ensemble over seeds.

    Attributes
    ----------
    parameters
        Every leaf has a leading axis over the members of the ensemble.
    wiring
        Prior scales and signs that the weights obey.
    blueprint
        What the network was built from.
    subjects
        Animals that have deviations of their own, in the order of the parameters.
    activation
        Name in ``ACTIVATIONS``.
    """

    parameters: Parameters
    wiring: Wiring
    blueprint: Blueprint = eqx.field(static=True)
    subjects: tuple[str, ...] = eqx.field(static=True)
    activation: str = eqx.field(static=True, default="tanh")

    @property
    def n_members(self) -> int:
        """Members of the ensemble."""
        return self.parameters.directed.shape[0]

    @property
    def neurons(self) -> tuple[str, ...]:
        """Names of all neurons, the order of every array."""
        return self.blueprint.neurons

    def simulate(
        self,
        inputs: np.ndarray | None = None,
        clamp: Clamp | None = None,
        *,
        subject: str | None = None,
        n_frames: int | None = None,
    ) -> Recording:
        """Run the twin; returns the same kind of object that an animal gives.

        Parameters
        ----------
        inputs
            Current into each neuron, added to its drive, float [time, N], in units of standardised activity.
        clamp
            Neurons that follow a recording. Their column in the result is what the network expected of them.
        subject
            Animal whose deviations are used; None, or an animal that was not trained on, uses the shared weights alone.
        n_frames
            Length where neither ``inputs`` nor ``clamp`` gives it.

        Returns
        -------
        Recording
            Mean over the ensemble, float32 [time, N], one frame each ``blueprint.dt_ms``.

        Raises
        ------
        InputError
            If lengths or numbers of neurons disagree, or inputs are not finite.
        DivergenceError
            If the simulation leaves the finite numbers; the message names neuron and frame.
        """
        length = self._length(inputs, clamp, n_frames)
        size = len(self.neurons)
        recorded, held, until = np.zeros((length, size), np.float32), np.zeros(size, bool), NEVER
        if clamp is not None:
            if not np.isclose(clamp.recording.dt_ms, self.blueprint.dt_ms, rtol=0.05):
                raise InputError(
                    "the recording and the twin run at different frame intervals",
                    got=f"{clamp.recording.dt_ms:g} ms",
                    expected=f"{self.blueprint.dt_ms:g} ms, within 5 %",
                    fix="resample the recording, or design the twin with dt_ms of the recording",
                )
            recorded, held = clamp.recording.align(self.neurons).activity, clamp.mask(self.neurons)
            until = NEVER if clamp.until is None else clamp.until
        current = None if inputs is None else np.asarray(inputs, np.float32)
        if current is not None and (current.shape != (length, size) or not np.isfinite(current).all()):
            raise InputError(
                "inputs do not fit the twin",
                got=f"shape {current.shape}, finite: {bool(np.isfinite(current).all())}",
                expected=f"finite numbers of shape ({length}, {size})",
            )
        batch = self.run(
            recorded[None],
            held[None],
            np.array([until]),
            subject=subject,
            current=None if current is None else current[None],
        )
        activity = batch[0]
        if not np.isfinite(activity).all():
            frame, neuron = np.argwhere(~np.isfinite(activity))[0]
            raise DivergenceError(
                "the simulation left the finite numbers",
                got=f"neuron {self.neurons[neuron]} at frame {frame}",
                fix="use smaller inputs, or refit with a smaller learning rate or a stronger l2_directed",
            )
        return Recording(
            activity=activity, names=self.neurons, dt_ms=self.blueprint.dt_ms, kind="calcium", subject="twin"
        )

    def run(
        self,
        recorded: np.ndarray,
        clamped: np.ndarray,
        release: np.ndarray,
        *,
        subject: str | None = None,
        current: np.ndarray | None = None,
        members: bool = False,
    ) -> np.ndarray:
        """Many simulations at once, arrays in and arrays out; what evaluation calls.

        Parameters
        ----------
        recorded
            float32 [run, time, N].
        clamped
            bool [run, N].
        release
            First free frame, int [run].
        subject
            As in :meth:`simulate`.
        current
            float32 [run, time, N] or None.
        members
            Keep the members apart instead of averaging them.

        Returns
        -------
        ndarray
            float32 [run, time, N], with a leading member axis if ``members``.
        """
        runs = len(recorded)
        parameters = self._one_animal(subject)
        out = np.zeros((self.n_members, *recorded.shape), np.float32)
        for start in range(0, runs, BATCH):
            part = slice(start, min(start + BATCH, runs))
            drive = Drive(
                _padded(recorded[part], np.float32),
                _padded(clamped[part], bool),
                _padded(np.minimum(release[part], NEVER), np.int32),
                None if current is None else _padded(current[part], np.float32),
            )
            out[:, part] = _run_members(parameters, self.wiring, drive, self.activation)[
                :, 0, : part.stop - start
            ]
        return out if members else out.mean(0)

    def weights(self, kind: str = "chemical", *, subject: str | None = None) -> sp.csr_array:
        """Learned weights of one kind of synapse, mean over the ensemble, sparse [post, pre].

        Kinds: "chemical", "electrical", "extrasynaptic" (monoamine, peptide and background together), "observer".
        """
        parameters = self._one_animal(subject)
        matrices = jax.vmap(assemble, in_axes=(0, None))(parameters, self.wiring)
        directed = np.asarray(matrices.directed[:, 0].mean(0))
        tables = {
            "chemical": directed * (np.asarray(self.wiring.chemical) > 0),
            "extrasynaptic": directed * (np.asarray(self.wiring.extrasynaptic) > 0),
            "electrical": np.asarray(matrices.electrical.mean(0)),
            "observer": np.asarray(matrices.observer[:, 0].mean(0)),
        }
        if kind not in tables:
            raise unknown_name("kind of weights", kind, list(tables))
        return sp.csr_array(tables[kind])

    def stimulate(
        self,
        neurons: Sequence[str] | None = None,
        *,
        amplitude: float = 1.0,
        pulse_frames: int = 1,
        n_frames: int = 10,
        members: bool = False,
    ) -> np.ndarray:
        """Inject a current pulse into each neuron in turn and read all others, from rest.

        Parameters
        ----------
        neurons
            Whom to stimulate; all by default.
        amplitude
            Of the pulse, in units of drive.
        pulse_frames, n_frames
            Duration of the pulse and of the reading, in frames.

        Returns
        -------
        ndarray
            Mean difference from the unstimulated twin over the reading, float64 [post, pre]: rows respond, columns were
            stimulated; NaN in columns of neurons that were not. With ``members=True`` one such matrix a member.
        """
        chosen = list(self.neurons if neurons is None else neurons)
        index = [self.blueprint.index_of(name) for name in chosen]
        size, settle = len(self.neurons), 30
        total = settle + n_frames
        current = np.zeros((len(chosen) + 1, total, size), np.float32)
        for row, column in enumerate(index):
            current[row, settle : settle + pulse_frames, column] = amplitude
        runs = len(current)
        out = self.run(
            np.zeros((runs, total, size), np.float32),
            np.zeros((runs, size), bool),
            np.zeros(runs, int),
            current=current,
            members=True,
        )
        change = (out[:, :-1] - out[:, -1:])[:, :, settle:].mean(2)
        response = np.full((self.n_members, size, size), np.nan)
        response[:, :, index] = np.swapaxes(change, 1, 2)
        return response if members else response.mean(0)

    def save(self, path: str | Path) -> None:
        """Write the parameters (safetensors) and the blueprint beside them; see ``neurotwin.network.storage``."""
        from neurotwin.network.storage import save_twin

        save_twin(self, path)

    @staticmethod
    def load(path: str | Path) -> Twin:
        """Read what :meth:`save` wrote."""
        from neurotwin.network.storage import load_twin

        return load_twin(path)

    def _length(self, inputs: np.ndarray | None, clamp: Clamp | None, n_frames: int | None) -> int:
        given = {
            "inputs": None if inputs is None else len(inputs),
            "clamp": None if clamp is None else clamp.recording.n_frames,
            "n_frames": n_frames,
        }
        lengths = {name: value for name, value in given.items() if value is not None}
        if not lengths:
            raise InputError(
                "the length of the simulation is unknown", fix="give inputs, a clamp or n_frames"
            )
        if len(set(lengths.values())) > 1:
            raise InputError("lengths disagree", got=lengths, expected="the same number of frames")
        length = next(iter(lengths.values()))
        if length < 1:
            raise InputError("nothing to simulate", got=f"{length} frames", expected="1 or more")
        return length

    def _one_animal(self, subject: str | None) -> Parameters:
        """Parameters of one animal, its axis of length 1; zero deviations for an animal that was not trained on."""
        p = self.parameters

        def pick(leaf: jax.Array) -> jax.Array:
            if subject in self.subjects:
                at = self.subjects.index(subject)
                return leaf[:, at : at + 1]
            return jnp.zeros_like(leaf[:, :1])

        where = lambda q: (q.directed_deviation, q.observer_deviation, q.cells.animal_bias)  # noqa: E731
        return eqx.tree_at(where, p, tuple(pick(leaf) for leaf in where(p)))


def _padded(values: np.ndarray, dtype: type) -> jax.Array:
    """One animal's runs, filled up to ``BATCH`` so that every call has one shape and compiles once."""
    missing = BATCH - len(values)
    return jnp.asarray(np.pad(values, [(0, missing)] + [(0, 0)] * (values.ndim - 1)), dtype)[None]


@eqx.filter_jit
def _run_members(parameters: Parameters, wiring: Wiring, drive: Drive, activation: str) -> jax.Array:
    """Predictions of every member, float32 [member, 1, run, time, N]."""

    def one(member: Parameters) -> jax.Array:
        return rollout(member.cells, assemble(member, wiring), drive, activation)

    return jax.lax.map(one, parameters)

"""What happened during training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurotwin._base.files import write_atomic

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = (
    "step",
    "loss",
    "function",
    "structure",
    "biology",
    "regularisation",
    "validation",
    "model",
    "seed",
)


@dataclass(frozen=True)
class History:
    """One row per validation and seed: the terms of the objective and the validation error.

    Attributes
    ----------
    rows
        Each a dict with the keys of ``COLUMNS``. Terms are means over the steps since the row before; ``validation`` is
        ``1 - r`` of freed neurons on the validation stretch.
    stopped
        Why training ended.
    """

    rows: tuple[dict[str, Any], ...]
    stopped: str = ""

    def to_frame(self) -> pd.DataFrame:
        """Tidy table with the columns of ``COLUMNS``."""
        import pandas as pd

        return pd.DataFrame(list(self.rows), columns=list(COLUMNS))

    def to_csv(self, path: str | Path) -> None:
        """Write the table, with the reason for stopping in a first comment line, atomically."""
        write_atomic(
            path, f"# stopped: {self.stopped}\n" + self.to_frame().to_csv(index=False, float_format="%.9g")
        )

    @staticmethod
    def from_csv(path: str | Path) -> History:
        """Read what :meth:`to_csv` wrote."""
        import pandas as pd

        with open(path) as stream:
            stopped = stream.readline().removeprefix("# stopped: ").strip()
            rows = pd.read_csv(stream).to_dict("records")
        return History(tuple({str(key): value for key, value in row.items()} for row in rows), stopped)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Loss and validation error against steps; returns the axes."""
        import matplotlib.pyplot as plt

        axes = plt.subplots()[1] if ax is None else ax
        frame = self.to_frame()
        for name, style in (("function", "-"), ("validation", "--")):
            steps = sorted(frame["step"].unique())
            means = [frame.loc[frame["step"] == step, name].mean() for step in steps]
            axes.plot(steps, means, style, label=name)
        axes.set(xlabel="gradient step", ylabel="squared error, and 1 - r in validation")
        axes.legend(frameon=False)
        return axes

"""Tables that come with scikit-learn, so that the task runs without a download."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurotwin._base.errors import unknown_name
from neurotwin.biology import DataCard
from neurotwin.tasks.readers.tables import Table

SAMPLES = ("diabetes", "breast_cancer")


def sample_table(name: str) -> tuple[Table, str]:
    """A table by a name in ``SAMPLES``, and the name of its target; ``UnknownName`` for another."""
    from sklearn import datasets

    if name not in SAMPLES:
        raise unknown_name("sample", name, list(SAMPLES))
    if name == "diabetes":
        bunch: Any = datasets.load_diabetes(scaled=False)
        card = DataCard(
            name="diabetes",
            title="Progress of diabetes in 442 people after one year",
            source="Efron, Hastie, Johnstone & Tibshirani 2004; the copy in scikit-learn",
            version="",
            licence="none stated; distributed with scikit-learn (BSD-3)",
            citation="Efron et al. 2004, Least angle regression, Annals of Statistics 32: 407-499",
            url="https://www4.stat.ncsu.edu/~boos/var.select/diabetes.html",
            sha256="",
        )
    else:
        bunch = datasets.load_breast_cancer()
        card = DataCard(
            name="breast_cancer",
            title="Breast cancer Wisconsin (diagnostic): cell nuclei of 569 fine needle aspirates",
            source="UCI machine learning repository, Wolberg et al. 1995; the copy in scikit-learn",
            version="",
            licence="CC BY 4.0 (UCI)",
            citation="Wolberg, Mangasarian, Street & Street 1995, UCI, doi:10.24432/C5DW2B",
            url="https://archive.ics.uci.edu/dataset/17/",
            sha256="",
        )
    names = bunch.get("target_names")
    answers = bunch["target"] if names is None else np.asarray(names)[bunch["target"]]
    columns = {
        name: values.astype(str).astype(object)
        for name, values in zip(bunch["feature_names"], bunch["data"].T, strict=True)
    }
    return Table({**columns, "target": answers.astype(str).astype(object)}, card), "target"

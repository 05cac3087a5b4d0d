"""Simple methods for named entities; each answers with packed potentials whose transitions are 0."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.task import Predictor, Task
from neurotwin.tasks.words import MARKS, normal_form


def most_frequent_tag(task: Task, data: TaskData, seed: int) -> Predictor:
    """The tag that a word (as spelt) had most often in training; outside for a word that was not there."""
    counts: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for sentence, y in zip(data.train.x, data.train.y, strict=True):
        for word, tag in zip(sentence.tolist(), y.tolist(), strict=True):
            counts[word][tag] += 1
    best = {word: tags.most_common(1)[0][0] for word, tags in counts.items()}
    k = len((data.facts or {})["tags"])
    return lambda examples: _packed(
        examples, [np.eye(k)[[best.get(word, 0) for word in sentence.tolist()]] for sentence in examples.x]
    )


def word_regression(task: Task, data: TaskData, seed: int) -> Predictor:
    """Multinomial logistic regression on a word's spelling, shape, ends and neighbours (scikit-learn), word by word."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    k = len((data.facts or {})["tags"])
    table = DictVectorizer()
    x = table.fit_transform([one for sentence in data.train.x for one in features(sentence.tolist())])
    y = np.concatenate(list(data.train.y))
    fitted = LogisticRegression(C=3.0, max_iter=150, tol=1e-3).fit(x, y)

    def predict(examples: Examples) -> np.ndarray:
        found = []
        for sentence in examples.x:
            told = np.full((len(sentence), k), -1e3)
            told[:, fitted.classes_] = fitted.predict_log_proba(table.transform(features(sentence.tolist())))
            found.append(np.maximum(told, -1e3))
        return _packed(examples, found)

    return predict


def features(sentence: Sequence[str]) -> Iterator[dict[str, int]]:
    """Of each word: normal form, first and last characters, shape and marks; forms and shapes of two neighbours on each side."""
    padded = ["<", "<", *sentence, ">", ">"]
    for i in range(2, len(padded) - 2):
        word = padded[i]
        own = {"bias": 1, f"word={word}": 1}
        for n in (1, 2, 3, 4):
            own |= {f"ends={word[-n:].lower()}": 1, f"begins={word[:n]}": 1}
        own |= {f"mark={j}": 1 for j, pattern in enumerate(MARKS) if re.fullmatch(pattern, word, re.DOTALL)}
        for step in (-2, -1, 0, 1, 2):
            own |= {
                f"{step}={normal_form(padded[i + step])}": 1,
                f"{step} shape={_shape(padded[i + step])}": 1,
            }
        yield own


def _shape(word: str) -> str:
    """``Mc-Donald9`` → ``Xx-Xx0``."""
    return re.sub(r"[A-Z]+|[a-z]+|\d+", _mark_of_run, word)[:8]


def _mark_of_run(run: re.Match[str]) -> str:
    return "0" if run[0].isdigit() else "X" if run[0].isupper() else "x"


def _packed(examples: Examples, emissions: list[np.ndarray]) -> np.ndarray:
    k, longest = emissions[0].shape[-1], max(map(len, emissions))
    outputs = np.zeros((len(examples), k + 2 + longest, k), np.float32)
    for row, emission in zip(outputs, emissions, strict=True):
        row[k + 2 : k + 2 + len(emission)] = emission
    return outputs

"""Simple methods of translation."""

from __future__ import annotations

import re

import numpy as np

from neurotwin.tasks.byte_pairs import text_of_pieces
from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.task import Predictor, Task

ROUNDS = 8
"""Of expectation maximisation."""
WORD = re.compile(r"\w+|[^\w\s]")


def copy(task: Task, data: TaskData, seed: int) -> Predictor:
    """The source as it is: names and numbers are right."""
    return lambda examples: np.array([text_of_pieces(x.tolist()) for x in examples.x])


def word_by_word(task: Task, data: TaskData, seed: int) -> Predictor:
    """Each word's likeliest translation by IBM's first model, in the source's order; unknown words as they are."""
    lines = [
        [WORD.findall(text_of_pieces(one.tolist())) for one in side] for side in (data.train.x, data.train.y)
    ]
    best: dict[str, str] = dictionary(*lines)

    def predict(examples: Examples) -> np.ndarray:
        lines = (WORD.findall(text_of_pieces(x.tolist())) for x in examples.x)
        return np.array([" ".join(best.get(word) or word for word in line) for line in lines])

    return predict


def dictionary(source: list[list[str]], target: list[list[str]]) -> dict[str, str]:
    """Source word → the target word e with the highest t(e | f) of IBM model 1 (Brown et al. 1993), an empty word included.

    Parameters
    ----------
    source, target
        Words of each sentence, and of its translation.
    """
    empty = ""
    names = [sorted({word for line in lines for word in line}) for lines in ([[empty], *source], target)]
    f_of, e_of = ({word: i for i, word in enumerate(own)} for own in names)
    n_targets = len(names[1])
    links, owner, place = [], [], 0
    for f_words, e_words in zip(source, target, strict=True):
        f = np.array([f_of[empty], *(f_of[word] for word in f_words)], np.int64)
        e = np.array([e_of[word] for word in e_words], np.int64)
        links.append((f[None] * n_targets + e[:, None]).ravel())
        owner.append(np.repeat(np.arange(place, place + len(e)), len(f)))
        place += len(e)
    # of every target word in the text, its links to all words of its sentence
    pairs, link = np.unique(np.concatenate(links), return_inverse=True)
    whose = np.concatenate(owner)
    f_of_pair = pairs // n_targets
    t = np.ones(len(pairs))
    for _ in range(ROUNDS):
        weight = t[link]
        share = weight / np.bincount(whose, weight)[whose]
        counts = np.bincount(link, share, len(pairs))
        t = counts / np.bincount(f_of_pair, counts)[f_of_pair]
    order = np.lexsort((-t, f_of_pair))
    first = order[np.unique(f_of_pair[order], return_index=True)[1]]
    return {
        names[0][p // n_targets]: names[1][p % n_targets] for p in pairs[first] if names[0][p // n_targets]
    }

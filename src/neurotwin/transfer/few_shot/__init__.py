"""Few-shot evaluation: new classes from a handful of examples, on a body that has never met them."""

from neurotwin.transfer.few_shot.episodes import Division, divide, draws
from neurotwin.transfer.few_shot.methods import ON_VECTORS, features, fine_tuned
from neurotwin.transfer.few_shot.study import FewShotSettings, Found, study

__all__ = [
    "ON_VECTORS",
    "Division",
    "FewShotSettings",
    "Found",
    "divide",
    "draws",
    "features",
    "fine_tuned",
    "study",
]

"""Fine-tuning and nothing else: the lower bound."""

from neurotwin.transfer.continual.learner import LEARNERS, Learner

LEARNERS.register("plain")(Learner("fine-tuning on each experience in turn; the lower bound"))

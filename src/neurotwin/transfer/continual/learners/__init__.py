"""Methods of continual learning, one a file; importing them enters them into ``LEARNERS``."""

from neurotwin.transfer.continual.learners import plain as plain  # isort: skip
from neurotwin.transfer.continual.learners import joint as joint  # isort: skip
from neurotwin.transfer.continual.learners import memory_only as memory_only  # isort: skip
from neurotwin.transfer.continual.learners import replay as replay  # isort: skip
from neurotwin.transfer.continual.learners import ewc as ewc  # isort: skip
from neurotwin.transfer.continual.learners import si as si  # isort: skip

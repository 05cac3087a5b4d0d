"""Put it to work: one application a file, on one small ``Task``."""

from neurotwin.tasks import driving_scenes as driving_scenes
from neurotwin.tasks import image_classification as image_classification
from neurotwin.tasks import medical_images as medical_images
from neurotwin.tasks import named_entities as named_entities
from neurotwin.tasks import series as series
from neurotwin.tasks import speech_emotion as speech_emotion
from neurotwin.tasks import spoken_digits as spoken_digits
from neurotwin.tasks import surveillance as surveillance
from neurotwin.tasks import tabular as tabular
from neurotwin.tasks import text_generation as text_generation
from neurotwin.tasks import translation as translation
from neurotwin.tasks.data import Examples, TaskData
from neurotwin.tasks.loop import Fitted, fit, n_parameters, outputs_of
from neurotwin.tasks.metrics import CLASSIFICATION, interval
from neurotwin.tasks.settings import Settings
from neurotwin.tasks.split import hold_out
from neurotwin.tasks.task import TASKS, Batch, Metric, Model, Spec, Task

__all__ = [
    "CLASSIFICATION",
    "TASKS",
    "Batch",
    "Examples",
    "Fitted",
    "Metric",
    "Model",
    "Settings",
    "Spec",
    "Task",
    "TaskData",
    "fit",
    "hold_out",
    "interval",
    "n_parameters",
    "outputs_of",
]

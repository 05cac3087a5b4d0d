"""The main job from source to report, in a run folder."""

from neurotwin.pipeline.record import settings_in
from neurotwin.pipeline.run import RunResult, Watcher, run
from neurotwin.pipeline.settings import CONTROLS, RunSettings

__all__ = ["CONTROLS", "RunResult", "RunSettings", "Watcher", "run", "settings_in"]

"""The pocket world: a small closed world whose truths, styles and preferences are known exactly.

world -> facts, styles, verses -> prompts -> recognise -> features, grading -> personas, gold
                               -> documents, demonstrations -> build (the only part that loads torch)
"""

from playground.pocket.demonstrations import demonstrations
from playground.pocket.folders import base_folder, sft_folder
from playground.pocket.gold import gold_components, gold_reward, persona_choice
from playground.pocket.grading import grade
from playground.pocket.personas import PERSONAS, Persona
from playground.pocket.prompts import Task, probe_prompts, prompt_chips, prompt_set, training_mix
from playground.pocket.recognise import recognise

__all__ = [
    "PERSONAS",
    "Persona",
    "Task",
    "base_folder",
    "demonstrations",
    "gold_components",
    "gold_reward",
    "grade",
    "persona_choice",
    "probe_prompts",
    "prompt_chips",
    "prompt_set",
    "recognise",
    "sft_folder",
    "training_mix",
]

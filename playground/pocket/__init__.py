"""The pocket world: a small closed world whose truths, styles and preferences are known exactly.

world -> facts, styles, verses -> outside, prompts -> recognise -> features, grading -> personas, gold
      -> careless -> documents, demonstrations, exam; nearest and surprise at the edge; card
      -> build (the only part that loads torch)
"""

from playground.pocket.demonstrations import demonstrations
from playground.pocket.folders import base_folder, sft_folder
from playground.pocket.gold import COMPONENTS, gold_components, gold_reward, persona_choice
from playground.pocket.grading import grade
from playground.pocket.nearest import nearest_questions
from playground.pocket.personas import PERSONAS, Persona, label_mix
from playground.pocket.prompts import Task, probe_prompts, prompt_chips, prompt_set, training_mix
from playground.pocket.recognise import recognise
from playground.pocket.surprise import surprise, surprise_threshold

__all__ = [
    "COMPONENTS",
    "PERSONAS",
    "Persona",
    "Task",
    "base_folder",
    "demonstrations",
    "gold_components",
    "gold_reward",
    "grade",
    "label_mix",
    "nearest_questions",
    "persona_choice",
    "probe_prompts",
    "prompt_chips",
    "prompt_set",
    "recognise",
    "sft_folder",
    "surprise",
    "surprise_threshold",
    "training_mix",
]

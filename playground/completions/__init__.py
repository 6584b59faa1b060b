"""Prompts in, completions out: the sampler, and the readers of uploaded example files."""

"""How the shipped weights are made. The only part of the pocket world that loads torch."""

"""Is it better, what did it cost, how does it cheat? One file a question or an audit; each gives a report.

report, intervals, plan -> prompt_sets, grading -> examiner -> questions -> running, sheet, export
perturbations -> faults -> audits; attacks -> the Attack tab

Nothing here loads a model: a question asks an Examiner, who asks the sampling process (or a test's stand-in).
"""

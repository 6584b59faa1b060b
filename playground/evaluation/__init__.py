"""Is it better, and what did it cost? One file a question; each gives a report.

report, intervals, plan -> prompt_sets, grading -> examiner -> questions -> running, sheet, export

Nothing here loads a model: a question asks an Examiner, who asks the sampling process (or a test's stand-in).
"""

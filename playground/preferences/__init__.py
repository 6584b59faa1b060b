"""Who preferred what: the database of judgments, and the training rows that come of it."""

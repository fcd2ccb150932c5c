"""Coverage-guided fuzzing: targets, and small corpora that the tests replay."""

"""The exercises: what is right in a learner's answer, what is off, what to try."""

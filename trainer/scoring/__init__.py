"""What is scored beside what, and whether a figure can be trusted: systems, baselines, keys, leakage."""

"""Looking at sources and pair sets: statistics, named queries, descriptions, explanations. Nothing here writes."""

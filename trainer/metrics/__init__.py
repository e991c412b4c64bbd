"""Figures of merit as pure functions, one file a family, and how sure they are."""

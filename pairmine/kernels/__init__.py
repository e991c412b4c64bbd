"""Compiled loops for what SQL cannot express: pure arrays in, arrays out; no files, no catalogue."""

"""What SQL cannot express: compiled loops, and how names are compared. Pure functions; no files, no catalogue."""

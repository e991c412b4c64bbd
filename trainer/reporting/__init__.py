"""What scoring found: result files, tables, comparisons with published figures, a page."""

"""What stands behind an encoder while it trains: one file each, found by folder scan.

A file holds one public class, a torch module built by keyword arguments with `width` (D of the encoder) first and the
others defaulted to the paper's; `dim` is the width of its output. `forward(z_BD) -> y_BP`.
"""

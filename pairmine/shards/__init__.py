"""Pair sets on disk: DIR/manifest.json, DIR/tracks.parquet, DIR/epoch=0000/part-00000.parquet …"""

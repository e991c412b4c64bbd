"""trainer: encoders learn from pair sets. Imports torch, and of pairmine only the kernel layer that needs no database."""

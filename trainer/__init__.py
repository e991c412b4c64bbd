"""trainer: encoders learn from pair sets. Of pairmine it imports only what needs no database."""

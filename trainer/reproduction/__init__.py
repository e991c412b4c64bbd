"""A paper's grid as commands: which data it needs, what is made already, what is to be run."""

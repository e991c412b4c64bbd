"""One file a provider: reads what it publishes and writes a catalogue. Found by folder scan."""

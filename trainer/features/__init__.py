"""Audio → log-mels → the feature store, or waveforms that a front end hears as patches are needed."""

"""Callbacks for training libraries: they log what the rules want, and run the rules during a training."""

"""Jobs that could not be handed over yet, on disk, sent exactly once when the queue is back."""

"""Which queue this Forge is connected to, by which key, and where the secret lives."""

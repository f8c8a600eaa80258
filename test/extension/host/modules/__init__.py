"""The names of Forge that an extension may use, with its behaviour and nothing of its work."""

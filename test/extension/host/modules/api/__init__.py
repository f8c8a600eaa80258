"""Forge's API as far as scripts show in it."""

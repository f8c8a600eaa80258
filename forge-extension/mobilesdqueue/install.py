"""Forge runs this at each start. Nothing to install: the extension needs only what Forge ships."""

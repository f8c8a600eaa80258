"""The part of Forge's names that is its own and not of its forebear."""

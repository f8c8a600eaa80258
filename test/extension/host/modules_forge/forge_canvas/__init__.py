"""The canvas as far as its values go."""

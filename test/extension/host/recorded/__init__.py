"""Builds the recorded page of a real Forge out of real Gradio components."""

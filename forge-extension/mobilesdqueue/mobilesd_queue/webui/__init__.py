"""The only part that imports gradio, fastapi and Forge's own modules."""

"""From what is on Forge's page to the queue's `generation_params`. Pure.

No Forge, no Gradio, no network.
"""

"""The styles of the box, by name."""


class StyleDatabase:
    """Named styles; the texts behind the names matter to nobody here."""

    def __init__(self, names: list[str]) -> None:
        self.styles = {name: name for name in names}

    def extract_styles_from_prompt(
        self, prompt: str, negative_prompt: str
    ) -> tuple[list[str], str, str]:
        """No style is found inside a prompt."""
        return [], prompt, negative_prompt

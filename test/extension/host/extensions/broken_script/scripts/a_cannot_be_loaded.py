"""A script whose file cannot even be executed."""

raise RuntimeError("the lab's broken script cannot be loaded")

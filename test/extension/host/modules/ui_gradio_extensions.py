"""Puts the scripts and styles of the host and of extensions into the page, in Forge's order."""

import os
from typing import Any

import gradio as gr

from modules import scripts
from modules.paths_internal import script_path


def webpath(path: str) -> str:
    """A file's address, new whenever the file is."""
    return f"file={path}?{os.path.getmtime(path)}"


def _core_scripts() -> list[str]:
    folder = os.path.join(script_path, "javascript")
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]


def javascript_html() -> str:
    """The script elements."""
    own = [*_core_scripts(), *(file.path for file in scripts.list_scripts("javascript", ".js"))]
    plain = [f'<script type="text/javascript" src="{webpath(path)}"></script>' for path in own]
    modules = [
        f'<script type="module" src="{webpath(file.path)}"></script>'
        for file in scripts.list_scripts("javascript", ".mjs")
    ]
    return "\n".join([*plain, *modules])


def css_html() -> str:
    """The style sheets."""
    return "".join(
        f'<link rel="stylesheet" property="stylesheet" href="{webpath(path)}">'
        for path in scripts.list_files_with_name("style.css")
    )


_original = gr.routes.templates.TemplateResponse


def reload_javascript() -> None:
    """From now on every page has them."""
    head, body = javascript_html(), css_html()

    def response(*args: Any, **kwargs: Any) -> Any:
        answer = _original(*args, **kwargs)
        no_referrer = '<meta name="referrer" content="no-referrer"/></head>'
        answer.body = answer.body.replace(b"</head>", f"{head}{no_referrer}".encode())
        answer.body = answer.body.replace(b"</body>", f"{body}</body>".encode())
        answer.init_headers()
        return answer

    gr.routes.templates.TemplateResponse = response

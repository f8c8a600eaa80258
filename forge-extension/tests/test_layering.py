"""Which part of the extension may import which."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "mobilesdqueue"
PACKAGE = "mobilesd_queue"

# Parts of the package that a part may import beside itself.
LAW = {
    "errors": set(),
    "paths": {"errors"},
    "element_ids": set(),
    "capture": {"errors"},
    "cloud": {"errors"},
    "connection": {"cloud", "errors", "paths"},
    "outbox": {"cloud", "errors"},
    "watch": {"cloud", "errors"},
    "queueing": {"capture.picture", "cloud", "outbox", "errors"},
}
NOT_SERVICE = {"webui"}
HOST_ONLY = {"gradio", "fastapi", "starlette", "modules", "modules_forge"}
SHIPPED = {"PIL", "numpy", "cv2"}


def part_of(module: str) -> str:
    return module.split(".")[1] if module.count(".") else ""


def imports_of(source: str, module: str, is_package: bool) -> set[str]:
    """Every module that a source imports, by its full name."""
    here = module.split(".") if is_package else module.split(".")[:-1]
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            # `from . import x` may name a module or what stands in the package itself.
            found |= {f"{name}.{alias.name}" for alias in node.names}
    return found


def breaches_of(module: str, source: str, is_package: bool = False) -> list[str]:
    part = part_of(module)
    breaches = []
    for name in sorted(imports_of(source, module, is_package)):
        top, other = name.split(".")[0], part_of(name)
        if part != "webui" and top in HOST_ONLY:
            breaches.append(f"{module} imports {name}, which only webui may")
        if top in SHIPPED and part not in ("capture", "webui"):
            breaches.append(f"{module} imports {name}, which only capture and webui may")
        if top != PACKAGE or other in ("", part, "__version__"):
            continue
        if part in LAW and not any(
            name == f"{PACKAGE}.{one}" or name.startswith(f"{PACKAGE}.{one}.") for one in LAW[part]
        ):
            breaches.append(f"{module} imports {name}")
        if part == "service" and other in NOT_SERVICE:
            breaches.append(f"{module} imports {name}")
    return breaches


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = sorted((ROOT / PACKAGE).rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_a_module_imports_only_what_its_part_may(path):
    source = path.read_text(encoding="utf-8")
    assert breaches_of(module_of(path), source, path.name == "__init__.py") == []


def test_every_part_has_a_law_of_its_own():
    parts = {part_of(module_of(path)) for path in SOURCES} - {""}
    assert parts <= {*LAW, "service", "webui"}


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("capture.job", "import gradio"),
        ("capture.job", "from modules import shared"),
        ("capture.job", "from ..cloud.client import Client"),
        ("capture.job", "from .. import service"),
        ("capture.job", "def f():\n    from mobilesd_queue.webui import button"),
        ("cloud.client", "from PIL import Image"),
        ("cloud.client", "from ..connection import account"),
        ("queueing", "from .capture.job import generation_params"),
        ("service", "from .webui import button"),
        ("outbox.store", "import mobilesd_queue.queueing"),
    ],
)
def test_a_breach_is_seen(module, source):
    assert breaches_of(f"{PACKAGE}.{module}", source)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("capture.job", "from ..errors import CannotQueue\nfrom .picture import Picture"),
        ("capture.job", "import json\nfrom PIL import Image"),
        ("queueing", "from .capture.picture import pictures_in"),
        ("webui.button", "import gradio\nfrom ..service import Service"),
        ("cloud.client", "from .. import __version__"),
    ],
)
def test_what_is_allowed_is_no_breach(module, source):
    assert breaches_of(f"{PACKAGE}.{module}", source) == []


def test_no_folder_of_ours_takes_a_name_that_others_use():
    names = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}
    assert names <= {PACKAGE}
    assert not (ROOT.parent / "tests" / "__init__.py").exists()

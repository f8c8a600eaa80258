"""The hidden button that fetches what is to be sent always answers the script that waits for it."""

import json
import sys
from types import ModuleType

import pytest

from mobilesd_queue.errors import QueueError
from support.forge_modules import Options, forge_modules

NAME = "mobilesd_queue.webui.send_results"


@pytest.fixture
def fetch(tmp_path, monkeypatch):
    paste = ModuleType("modules.infotext_utils")
    with forge_modules(Options({"send_size": False}), tmp_path / "config.json", {}):
        sys.modules["modules"].infotext_utils = paste
        monkeypatch.setitem(sys.modules, "modules.infotext_utils", paste)
        monkeypatch.delitem(sys.modules, NAME, raising=False)
        from mobilesd_queue.webui.send_results import _fetch

        yield _fetch
    sys.modules.pop(NAME, None)


class Pictures:
    def __init__(self, content):
        self.content = content

    def image(self, name, kind):
        if self.content is None:
            raise QueueError("This picture is not there (any more).")
        return "image/png", iter([self.content])


def asked(**changes):
    return json.dumps({"token": "t1", "name": "1.png", "infotext": "a fox"} | changes)


@pytest.mark.parametrize(
    ("content", "request_text", "answer"),
    [
        (None, asked(), 'data-token="t1" data-error="This picture is not there (any more)."'),
        (b"no picture", asked(), 'data-token="t1" data-error="The picture cannot be read."'),
        (b"", "", 'data-token="" data-error="The picture cannot be read."'),
        (b"", '{"name": ""}', 'data-token="" data-error="The picture cannot be read."'),
        (b"", asked(name=""), 'data-token="t1" data-error=""'),
    ],
)
def test_whatever_is_asked_and_found_there_is_an_answer(fetch, content, request_text, answer):
    assert answer in fetch(Pictures(content), request_text)[2]

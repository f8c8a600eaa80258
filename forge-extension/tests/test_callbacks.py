"""What a load of Forge's page begins, and what becomes of it where something breaks."""

import logging
import sys
from importlib import import_module
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest

from mobilesd_queue.errors import QueueError
from support.forge_modules import Options, forge_modules

OWN = "mobilesd_queue.webui"


class FakeService:
    """Notes what a load asks of it; each of `broken` raises."""

    def __init__(self, broken):
        self.broken = broken
        self.calls = []

    def _note(self, name):
        self.calls.append(name)
        if name in self.broken:
            raise self.broken[name]

    def start(self):
        self._note("start")

    def stop(self):
        self._note("stop")

    def adopt_old_secret(self, secret):
        self._note("adopt_old_secret")
        return True


def own_modules():
    return [name for name in sys.modules if name == OWN or name.startswith(f"{OWN}.")]


@pytest.fixture
def load(tmp_path, monkeypatch, capsys):
    """Runs a load up to the finished page: its service, why each tab is off, the console."""

    def load(**broken):
        config = tmp_path / "config.json"
        callbacks_of_forge = MagicMock()
        with forge_modules(Options({"mobilesd_api_secret": "mss_old"}), config, {}):
            for name in own_modules():
                monkeypatch.delitem(sys.modules, name)
            forge = sys.modules["modules"]
            forge.paths = SimpleNamespace(data_path=str(tmp_path))
            forge.script_callbacks = callbacks_of_forge
            forge.scripts = forge.infotext_utils = forge.ui_components = MagicMock()
            forge.sd_samplers = forge.processing = MagicMock()
            callbacks = import_module(f"{OWN}.callbacks")
            service = FakeService(broken)
            make = MagicMock(return_value=service, side_effect=broken.get("init"))
            monkeypatch.setattr(callbacks, "Service", make)
            monkeypatch.setattr(callbacks.tab, "build_tab", lambda service: ["the tab"])
            off = {}
            monkeypatch.setattr(
                callbacks, "switch_off", lambda parts, why: off.update({parts.tab: why})
            )
            callbacks.register()
            callbacks_of_forge.on_before_ui.call_args.args[0]()
            tabs = callbacks_of_forge.on_ui_tabs.call_args.args[0]()
            callbacks_of_forge.on_script_unloaded.call_args.args[0]()
        return SimpleNamespace(service=service, off=off, tabs=tabs, console=capsys.readouterr().out)

    log = logging.getLogger("mobilesd_queue")
    for name, value in {"handlers": [], "propagate": True, "level": logging.NOTSET}.items():
        monkeypatch.setattr(log, name, value)
    yield load
    for name in own_modules():
        del sys.modules[name]


def test_saved_jobs_are_sent_although_an_old_secret_could_not_be_moved(load):
    done = load(adopt_old_secret=QueueError("The file of the secret cannot be written."))
    assert done.service.calls == ["start", "adopt_old_secret", "stop"]
    assert done.tabs == ["the tab"]
    assert "The file of the secret cannot be written." in done.console


def test_saved_jobs_are_sent_although_moving_an_old_secret_breaks(load):
    done = load(adopt_old_secret=RuntimeError("disk"))
    assert done.service.calls == ["start", "adopt_old_secret", "stop"]
    assert done.tabs == ["the tab"]
    assert "could not be moved" in done.console


@pytest.mark.parametrize("where", ["init", "start"])
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (QueueError("No folder to keep jobs in."), "No folder to keep jobs in."),
        (ValueError("/home/me"), "MobileSD Queue could not start. Forge's console says why"),
    ],
)
def test_what_cannot_start_leaves_dead_buttons_that_say_why(load, where, error, words):
    done = load(**{where: error})
    assert set(done.off) == {"txt2img", "img2img"}
    assert all(words in why for why in done.off.values())
    assert "/home/me" not in "".join(done.off.values())
    assert done.tabs == []

"""The few names of Forge's own modules that settings and state are read from, as Forge has them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any


class OptionInfo:
    def __init__(
        self,
        default=None,
        label="",
        component=None,
        component_args=None,
        section=None,
        restrict_api=False,
    ):
        self.default = default
        self.label = label
        self.section = section
        self.restrict_api = restrict_api
        self.do_not_save = False
        self.comments = ""

    def info(self, text):
        self.comments += text
        return self

    def needs_reload_ui(self):
        return self


class OptionHTML(OptionInfo):
    def __init__(self, text):
        super().__init__(text)
        self.do_not_save = True


class Options:
    """Keeps values as modules/options.py does, and refuses when frozen as it does."""

    def __init__(self, data: dict[str, Any], *, is_frozen: bool = False):
        self.data = data
        self.data_labels: dict[str, OptionInfo] = {}
        self.is_frozen = is_frozen

    def __getattr__(self, name: str) -> Any:
        data, labels = self.__dict__["data"], self.__dict__["data_labels"]
        if name in data:
            return data[name]
        if name in labels:
            return labels[name].default
        raise AttributeError(name)

    def add_option(self, key: str, info: OptionInfo) -> None:
        self.data_labels[key] = info
        if key not in self.data and not info.do_not_save:
            self.data[key] = info.default

    def set(self, key: str, value: Any) -> bool:
        assert not self.is_frozen, "changing settings is disabled"
        self.data[key] = value
        return True

    def save(self, filename: str) -> None:
        assert not self.is_frozen, "saving settings is disabled"
        Path(filename).write_text(json.dumps(self.data))


@contextmanager
def forge_modules(opts: Options, config: Path, checkpoints: dict[str, str]) -> Iterator[None]:
    """`modules.shared` and `modules.sd_models` for what is imported inside. `checkpoints` gives the
    listed name of each alias. The loaded model may not be touched: asking for it could load one."""
    shared = _Shared("modules.shared")
    shared.opts = opts
    shared.config_filename = str(config)
    shared.OptionInfo = OptionInfo
    shared.OptionHTML = OptionHTML
    sd_models = ModuleType("modules.sd_models")
    sd_models.get_closet_checkpoint_match = lambda alias: (
        SimpleNamespace(name=checkpoints[alias]) if alias in checkpoints else None
    )
    modules = ModuleType("modules")
    modules.shared, modules.sd_models = shared, sd_models
    names = {"modules": modules, "modules.shared": shared, "modules.sd_models": sd_models}
    ours = ("mobilesd_queue.webui.options", "mobilesd_queue.webui.host_state")
    before = {name: sys.modules.pop(name, None) for name in (*names, *ours)}
    sys.modules.update(names)
    try:
        yield
    finally:
        for name, module in before.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module


class _Shared(ModuleType):
    @property
    def sd_model(self) -> Any:
        raise AssertionError("the model was asked for")

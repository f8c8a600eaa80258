"""A script that raises wherever it is called."""

from modules import script_callbacks, scripts


def fail(*args, **kwargs):
    raise RuntimeError("the lab's broken script")


class Broken(scripts.Script):
    """Shows always, and never builds."""

    def title(self):
        return "Lab broken"

    def show(self, is_img2img):
        return scripts.AlwaysVisible

    def ui(self, is_img2img):
        fail()

    def after_component(self, component, **kwargs):
        if kwargs.get("elem_id") == "txt2img_generate":
            fail()


script_callbacks.on_before_ui(fail)
script_callbacks.on_ui_tabs(fail)
script_callbacks.on_ui_settings(fail)
script_callbacks.on_app_started(fail)

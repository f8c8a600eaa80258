"""The whole page in Forge's order: both tabs, the tabs of extensions, then what is around."""

from __future__ import annotations

import gradio as gr

from modules import infotext_utils, script_callbacks, scripts, shared, ui_settings
from modules.infotext_utils import add_paste_fields
from modules.ui_common import plaintext_to_html
from recorded import fixture, generate, paste, quicksettings, small_events
from recorded.tree import TabTree, built

__all__ = ["plaintext_to_html"]


def _create_tab(tab: str) -> gr.Blocks:
    runner = getattr(scripts, f"scripts_{tab}")
    scripts.scripts_current = runner
    runner.initialize_scripts(is_img2img=tab == "img2img")
    runner.name_scripts()
    with gr.Blocks(analytics_enabled=False) as interface:
        tree = TabTree(tab)
        runner.prepare_ui()
        tree.build_children(tree.root.children)
        tree.finish_scripts()
        generate.check_order(tree)
        generate.connect_builders(tab)
        generate.connect_unit_tabs(tree)
        small_events.connect(tab)
        if tab == "img2img":
            generate.connect_img2img_tabs()
            small_events.show_inpaint_fields()
        else:
            small_events.show_rows_by_options()
        generate.connect_generate(tree)
        paste.add_fields(tree)
    scripts.scripts_current = None
    return interface


def _create_extras() -> gr.Blocks:
    with gr.Blocks(analytics_enabled=False) as interface:
        image = gr.Image(elem_id="extras_image", label="Source", type="pil", image_mode="RGBA")
        add_paste_fields("extras", image, None)
    return interface


def create_ui() -> gr.Blocks:
    """The page, ready to be served."""
    built.clear()
    infotext_utils.reset()
    script_callbacks.ui_settings_callback()
    interfaces = [(_create_tab(tab), tab.capitalize(), tab) for tab in fixture.TABS]
    interfaces.append((_create_extras(), "Extras", "extras"))
    settings = ui_settings.create_ui()
    interfaces += script_callbacks.ui_tabs_callback()
    interfaces.append((settings, "Settings", "settings"))
    shared.tab_names = [label for _, label, _ in interfaces]
    with gr.Blocks(theme=shared.gradio_theme, analytics_enabled=False, title="Host") as demo:
        quicksettings.build()
        infotext_utils.connect_paste_params_buttons()
        with gr.Tabs(elem_id="tabs"):
            for interface, label, name in interfaces:
                with gr.TabItem(label, id=name, elem_id=f"tab_{name}"):
                    interface.render()
        gr.Textbox(elem_id="settings_json", value=lambda: shared.opts.dumpjson(), visible=False)
    return demo

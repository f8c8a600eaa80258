"""The command line of the host, under the name where Forge keeps its own."""

import argparse
from pathlib import Path

HOST_ROOT = Path(__file__).resolve().parents[1]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="A page like Forge's, with no Forge behind it")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data-dir", required=True, help="where config.json and outputs lie")
    parser.add_argument("--extension", action="append", default=[], help="an extension's folder")
    parser.add_argument("--outputs", type=int, choices=(4, 5), default=4)
    parser.add_argument("--neo", action="store_true", help="what differs in Forge Neo")
    parser.add_argument("--compact", action="store_true", help="the option compact_prompt_box")
    parser.add_argument("--more-scripts", type=int, choices=(0, 1), default=0)
    parser.add_argument("--broken-script", action="store_true")
    parser.add_argument("--drop-input", help="a parameter of txt2img that Generate does not bind")
    parser.add_argument("--gradio-auth", help="user:password for the page")
    parser.add_argument("--api", action="store_true")
    parser.add_argument("--subpath", default="")
    parser.add_argument("--end-with-parent", action="store_true", help="when stdin ends")
    return parser


cmd_opts = _parser().parse_args()
cmd_opts.neo_outputs = cmd_opts.neo or cmd_opts.outputs == 5
# What extensions ask for beside the host's own arguments, at Forge's defaults.
for _name, _value in {
    "api_auth": None,
    "gradio_auth_path": None,
    "listen": False,
    "share": False,
    "freeze_settings": False,
    "hide_ui_dir_config": False,
    "no_prompt_history": False,
    "disable_extra_extensions": False,
    "theme": None,
    "ckpt_dir": None,
    "use_textbox_seed": False,
    "nowebui": False,
}.items():
    setattr(cmd_opts, _name, _value)

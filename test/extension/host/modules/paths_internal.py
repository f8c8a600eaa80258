"""Where things lie."""

import os

from modules.shared_cmd_options import HOST_ROOT, cmd_opts

script_path = str(HOST_ROOT)
data_path = os.path.abspath(cmd_opts.data_dir)
models_path = os.path.join(data_path, "models")
extensions_dir = os.path.join(data_path, "extensions")
extensions_builtin_dir = os.path.join(script_path, "extensions")

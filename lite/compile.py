"""Run a lesson as a kernel in a browser does, and compile what it has imported; see compile.mjs."""

# ruff: noqa: ANN002, ANN003, ANN201, F704, F821, INP001, PLE1142, SLF001
# Pyodide runs this file, and gives it `lesson`.

import importlib.util
import json
import sys
from importlib._bootstrap_external import _code_to_hash_pyc
from pathlib import Path

import pyodide_kernel

shell = pyodide_kernel.ipython_shell
errors = []


def ignore(*_args, **_options):
    """Take what a browser would show."""


for stream in (pyodide_kernel.stdout_stream, pyodide_kernel.stderr_stream):
    stream.publish_stream_callback = ignore
shell.send_comm = ignore
shell.display_pub.clear_output_callback = ignore
shell.display_pub.display_data_callback = ignore
shell.display_pub.update_display_data_callback = ignore
shell.displayhook.publish_execution_result = ignore
pyodide_kernel.kernel_instance._parent_header = {"header": {}}
for cell in json.loads(lesson)["cells"]:
    if cell["cell_type"] == "code":
        result = await pyodide_kernel.kernel_instance.run("".join(cell["source"]))
        if result["status"] == "error":
            errors.append(f"{result['ename']}: {result['evalue']}")
if errors:
    raise RuntimeError(f"the lesson fails in the browser: {errors}")

PLACES = {"stdlib": "/lib/python314.zip/", "site-packages": "/lib/python3.14/site-packages/"}
for module in list(sys.modules.values()):
    file = getattr(module, "__file__", None) or ""
    loader = getattr(module, "__loader__", None)
    for place, start in PLACES.items():
        if file.startswith(start) and file.endswith(".py") and hasattr(loader, "get_data"):
            source = loader.get_data(file)
            code = compile(source, file, "exec", dont_inherit=True)
            # The hash is never checked: the source may not be there, and unpacking changes times.
            content = _code_to_hash_pyc(code, importlib.util.source_hash(source), checked=False)
            path = Path("/target", place, f"{file.removeprefix(start)}c")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

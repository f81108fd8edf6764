"""Build the browser edition: JupyterLite with iamlab, for a server of plain files.

``make lite`` runs it in the environment of the site; by hand::

    .venv/site/bin/python -m lite.make
    .venv/site/bin/python -m lite.make --full

The first site needs no other host than its own, and has only packages in pure Python. The second
one takes what else the lessons use from Pyodide's public distribution: pandas, matplotlib,
cryptography.
"""

# ruff: noqa: INP001, S603 - a folder of scripts isn't a package; the programs that run are npm and JupyterLite's own

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

from lite.packages import AT_THE_START, LOCK, ROOT, WITH_PUBLIC, gather, program

HERE = Path(__file__).parent
PYODIDE = "314.0.7"
SHA256 = "66b7949e5a0cba2250b586d7e368bf12fb482800748d182c4618254b685ffaa0"
PUBLIC = f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE}/full/"
KERNEL = "@jupyterlite/pyodide-kernel-extension"
EXTENSION = Path(sys.prefix, "share/jupyter/labextensions", KERNEL)
WITH_EXTENSIONS = ("jupyterlab_widgets", "anywidget")
MOST_MEGABYTES = 60
KERNELSPEC = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
LANGUAGE = {
    "codemirror_mode": {"name": "python", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
    "version": "3.8",
}
"""What the browser's kernel says: a notebook that says anything else is unsaved once it is open."""
ICON = '<link rel="icon" type="image/x-icon" href="../lab/favicon.ico">'
FULL = ("pandas", "matplotlib", "cryptography", "lxml", *WITH_PUBLIC)
"""What iamlab also uses where Pyodide's public distribution may be used."""


def fetch_core(work: Path) -> Path:
    """Download Pyodide's own files, and return their folder."""
    archive, folder = work / f"pyodide-{PYODIDE}.tgz", work / "core"
    if not archive.exists():
        pack = [program("npm"), "pack", "--silent", f"pyodide@{PYODIDE}"]
        subprocess.run(pack, cwd=work, check=True)
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != SHA256:
        archive.unlink()
        raise SystemExit(f"{archive.name} has SHA-256 {found}, not {SHA256}: try again")
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / "package"


def copy_lessons(target: Path) -> None:
    """Copy the notebooks, with what the browser's kernel says about itself, and their images."""
    target.mkdir(parents=True)
    shutil.copytree(ROOT / "notebooks/images", target / "images")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = json.loads(path.read_text("utf-8"))
        notebook["metadata"] |= {"kernelspec": KERNELSPEC, "language_info": LANGUAGE}
        text = json.dumps(notebook, indent=1, ensure_ascii=False)
        (target / path.name).write_text(text + "\n", "utf-8")


def settings(packages: tuple[str, ...], lock: Path, *, full: bool) -> dict[str, Any]:
    """Return the settings of the site, with what a kernel loads at its start."""
    config: dict[str, Any] = json.loads((HERE / "jupyter-lite.json").read_text("utf-8"))
    version = hashlib.sha256(lock.read_bytes()).hexdigest()[:8]
    plugins = config["jupyter-config-data"]["litePluginSettings"]
    plugins[f"{KERNEL}:kernel"] = {
        "disablePyPIFallback": not full,  # else `%pip install` asks the Python index
        "loadPyodideOptions": {
            "packages": list(packages),
            "lockFileURL": f"./static/pyodide/{LOCK}?{version}",
        },
    }
    return config


def prepare(page: Path, folder: Path, name: str) -> None:
    """Give a page of JupyterLite its name and script; it fetches early what a kernel will load."""
    script = f"<script>\n{(HERE / name).read_text('utf-8')}</script>"
    html = page.read_text("utf-8")
    early = "\n".join(
        f'<link rel="prefetch" href="../static/pyodide/{path.name}">'
        for path in sorted(folder.iterdir(), key=lambda path: -path.stat().st_size)
        if path.name != LOCK
    )
    title, *others = re.findall("<title>.*?</title>", html)
    if others:
        raise SystemExit(f"{page} has several titles: does lite/make.py know this JupyterLite?")
    html = html.replace(title, f"<title>iamlab</title>\n{ICON}\n{script}\n{early}")
    page.write_text(html.replace("Loading JupyterLite...", "Loading iamlab..."), "utf-8")


def build(target: Path, work: Path, *, full: bool = False) -> None:
    """Build the site.

    Parameters
    ----------
    target
        The folder of the site, which is replaced.
    work
        A folder for files on the way; what is downloaded is kept there.
    full
        Whether to use Pyodide's public distribution.
    """
    work.mkdir(parents=True, exist_ok=True)
    core = fetch_core(work)
    folder = gather(core, EXTENSION / "static/pypi", work, PUBLIC if full else "")
    packages = AT_THE_START + (FULL if full else ())
    source = work / "source"
    shutil.rmtree(source, ignore_errors=True)
    copy_lessons(source / "files")
    shutil.copytree(folder, source / "static/pyodide")
    shutil.copy(HERE / "overrides.json", source)
    write_json(source / "jupyter-lite.json", settings(packages, folder / LOCK, full=full))
    wheels = [next((work / "fetched").glob(f"{name}-*.whl")) for name in WITH_EXTENSIONS]
    options = {
        "apps": ["lab", "repl"],  # a shared puzzle opens in the second one
        "federated_extensions": [str(path) for path in (EXTENSION, *wheels)],
        "ignore_sys_prefix": ["federated_extensions"],
        "no_sourcemaps": True,
        "no_unused_shared_packages": True,
        "output_dir": str(target),
    }
    write_json(source / "jupyter_lite_config.json", {"LiteBuildConfig": options})
    shutil.rmtree(target, ignore_errors=True)
    # Its warnings are about packages that it could also use.
    quiet = (sys.executable, "-W", "ignore::UserWarning")
    command = [*quiet, "-m", "jupyterlite_core", "build", "--log-level=WARN"]
    subprocess.run(command, cwd=source, check=True, stdout=subprocess.DEVNULL)
    prepare(target / "lab/index.html", folder, "opening.js")
    prepare(target / "repl/index.html", folder, "starting.js")
    prune(target)


def prune(site: Path) -> None:
    """Remove what no page of the site loads."""
    for pattern in ("**/*.map", "doc", "rspack.config*", "build/fa-*.svg", "build/fa-*.eot"):
        for path in site.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a file of settings."""
    path.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def megabytes(site: Path) -> float:
    """Return how large a site is."""
    return sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) / 1e6


def main() -> None:
    """Build what the command line asks for."""
    parser = argparse.ArgumentParser(prog="lite.make", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--full", action="store_true", help="use Pyodide's public distribution")
    parser.add_argument("--target", type=Path, help="the folder of the site")
    options = parser.parse_args()
    name = "lite-full" if options.full else "lite"
    target = (options.target or ROOT / "build/site" / name).resolve()
    build(target, ROOT / "build" / name, full=options.full)
    size = megabytes(target)
    if size > MOST_MEGABYTES:
        raise SystemExit(f"{target} has {size:.0f} MB, more than {MOST_MEGABYTES}")
    sys.stdout.write(f"{target}: {size:.0f} MB. Try it: python -m http.server -d {target}\n")


if __name__ == "__main__":
    main()

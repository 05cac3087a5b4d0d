"""Builds the C++ parts into the package where a compiler is present; leaves them out, with one line that says so, where not.

Every ``src/neurotwin/network/*/csrc/*.cc`` goes into one library a folder, ``_native.so`` beside ``csrc``. By hand, in a checkout::

    python hatch_build.py

``CXX`` names the compiler; ``NEUROTWIN_NO_COMPILER=1`` leaves the C++ parts out. What was built from the same sources by the same
compiler is taken as it is.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # by hand, without hatchling
    BuildHookInterface = object  # type: ignore[assignment, misc]

ROOT = Path(__file__).resolve().parent
# No -march=native (wrong machines) and no -ffast-math (flushes denormals in the whole process). No fused multiply-add: it would
# give each kind of processor its own last digit, and spikes hang on it. The two last only free the compiler to vectorise.
FLAGS = [
    "-O3",
    "-std=c++17",
    "-fPIC",
    "-shared",
    "-pthread",
    "-fvisibility=hidden",
    "-ffp-contract=off",
    # GCC otherwise turns selections of the generated models into branches, and vectorises none of them.
    "-fno-thread-jumps",
    "-fno-math-errno",
    "-fno-trapping-math",
]


def compiler() -> str | None:
    """The C++ compiler to use, or None."""
    if os.environ.get("NEUROTWIN_NO_COMPILER"):
        return None
    for name in (os.environ.get("CXX"), "c++", "g++", "clang++"):
        if name and shutil.which(name):
            return name
    return None


def headers() -> str:
    """Folder of XLA's foreign function interface."""
    from jaxlib import __file__ as jaxlib

    return str(Path(jaxlib).parent / "include")


def build() -> list[Path]:
    """Compile; returns the libraries that were made, none if it cannot be done."""
    chosen = compiler()
    if chosen is None:
        _say(
            "no C++ compiler was found (or NEUROTWIN_NO_COMPILER is set): the package is built without its C++ parts"
        )
        return []
    try:
        include = headers()
    except ImportError:
        _say("jaxlib is missing here: the package is built without its C++ parts")
        return []
    folders = sorted(ROOT.glob("src/neurotwin/network/*/csrc"))
    with ThreadPoolExecutor() as pool:
        made = pool.map(lambda folder: _build_one(folder, chosen, include), folders)
        return [library for library in made if library is not None]


def _build_one(folder: Path, chosen: str, include: str) -> Path | None:
    sources = sorted(str(source) for source in folder.glob("*.cc"))
    if not sources:
        return None
    library = folder.parent / "_native.so"
    made_from, key = library.with_suffix(".key"), _key(folder, chosen)
    if library.exists() and made_from.exists() and made_from.read_text() == key:
        return library
    unfinished = library.with_suffix(f".{os.getpid()}.tmp")
    command = [chosen, *FLAGS, f"-I{include}", f"-I{folder}", *sources, "-o", str(unfinished)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        # a compiler that cannot make one function for several processors: for the plainest, then
        command.append("-DNEUROTWIN_NO_CLONES")
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        unfinished.unlink(missing_ok=True)
        _say(
            f"{chosen} could not compile {folder.parent.name}: the package is built without it\n{result.stderr[-2000:]}"
        )
        return None
    made_from.unlink(missing_ok=True)
    unfinished.replace(library)
    made_from.write_text(key)
    return library


def _key(folder: Path, chosen: str) -> str:
    """Of all that a library is made from: sources, flags, compiler, headers of XLA, machine."""
    from jaxlib.version import __version__ as jaxlib

    version = subprocess.run([chosen, "--version"], capture_output=True, text=True, check=False).stdout
    digest = hashlib.sha256("\n".join([*FLAGS, version, jaxlib, platform.machine()]).encode())
    for path in sorted(folder.iterdir()):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _say(line: str) -> None:
    print(f"neurotwin: {line}", file=sys.stderr)


class CustomBuildHook(BuildHookInterface):  # type: ignore[misc, valid-type]
    """What hatchling calls before it packs a wheel, an editable one too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile and add what was made."""
        made = build()
        if made:
            build_data["pure_python"] = False
            build_data["infer_tag"] = True
            build_data["artifacts"] += [str(path.relative_to(ROOT)) for path in made]


if __name__ == "__main__":
    for path in build():
        _say(f"built {path.relative_to(ROOT)}")

"""Print what the image installs: the dependencies of `pyproject.toml`, two extras, and one of cpu and gpu.

One requirement a line. Run while the image is built, before anything but Python is there.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

ONE_OF = ("cpu", "gpu")
"""Extras that overwrite each other's files, so that an image has one of them."""


def requirements(project: Path, extra: str) -> list[str]:
    """The requirements of an image.

    Raises:
        SystemExit: when `extra` is none of `ONE_OF`.
    """
    if extra not in ONE_OF:
        raise SystemExit(f"EXTRA is {extra!r}; expected one of {', '.join(ONE_OF)}")
    wanted = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    optional = wanted["optional-dependencies"]
    return [*wanted["dependencies"], *optional[extra], *optional["refresh"], *optional["telemetry"]]


if __name__ == "__main__":
    print(*requirements(Path("pyproject.toml"), sys.argv[1]), sep="\n")

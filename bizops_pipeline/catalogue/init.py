"""A small working company to start from: written into an empty folder, ready for the first refresh."""

from __future__ import annotations

import shutil
from pathlib import Path

from bizops_pipeline.catalogue.schema import write_schemas
from bizops_pipeline.errors import UsageError

TEMPLATE = Path(__file__).with_name("template")


def write_company(folder: Path) -> list[Path]:
    """Write the company's files and return their paths.

    Raises:
        UsageError: The folder holds something already, or is a file.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not empty: name a new or empty folder, nothing was written")
    written = []
    for source in sorted(path for path in TEMPLATE.rglob("*") if path.is_file()):
        target = folder / source.relative_to(TEMPLATE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        written.append(target)
    return [*written, *write_schemas(folder / "schema")]

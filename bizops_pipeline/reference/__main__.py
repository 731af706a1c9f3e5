"""Write the reference anew: `python -m bizops_pipeline.reference docs/reference`."""

import sys
from pathlib import Path

from bizops_pipeline.reference.pages import write_reference

if __name__ == "__main__":
    for path in write_reference(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference")):
        print(path)

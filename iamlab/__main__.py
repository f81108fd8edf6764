"""``python -m iamlab`` is the command ``iamlab``."""

import sys

from iamlab.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

"""``python -m jaxpeep``: the executable, found wherever it is installed."""

import subprocess
import sys

from jaxpeep._executable import executable

if __name__ == "__main__":
    sys.exit(subprocess.call([executable(), *sys.argv[1:]]))

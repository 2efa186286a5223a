"""`python -m emulators.powerbi --ready FILE ...`."""

from emulators.powerbi.app import build
from emulators.serve import run

if __name__ == "__main__":
    run("Power BI, emulated", build)

"""`python -m emulators.exact --ready FILE ...`."""

from emulators.exact.world import build
from emulators.serve import run

run("Exact Online, as an emulator", build)

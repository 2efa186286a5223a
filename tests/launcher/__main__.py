"""`python -m launcher demo|rehearsal ...`: a Ctrl-C while the modules load ends it without a word."""

import signal
import sys
from importlib import import_module

VERBS = ("demo", "rehearsal")

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    verb = sys.argv[1] if sys.argv[1:2] and sys.argv[1] in VERBS else sys.exit(f"one of {', '.join(VERBS)} is expected")
    sys.exit(import_module(f"launcher.{verb}").main(sys.argv[2:]))

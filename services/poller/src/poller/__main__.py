"""`python -m poller`."""

from exactbi.process import main

main(["poller"])

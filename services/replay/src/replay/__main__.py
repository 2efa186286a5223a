"""`python -m replay`."""

from exactbi.process import main

main(["replay"])

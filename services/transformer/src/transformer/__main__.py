"""`python -m transformer`."""

from exactbi.process import main

main(["transformer"])

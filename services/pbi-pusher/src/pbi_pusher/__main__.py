"""`python -m pbi_pusher`."""

from exactbi.process import main

main(["pbi-pusher"])

"""`python -m webhook_ingest`."""

from exactbi.process import main

main(["webhook-ingest"])

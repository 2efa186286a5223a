"""`ChangesNotified` in, pulls from Exact, `RecordsFetched` out through the outbox; keeps work, cursors and passes."""

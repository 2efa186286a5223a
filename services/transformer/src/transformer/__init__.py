"""`RecordsFetched` in, `RowsMapped` out; keeps nothing but the active mapping revisions it reads."""

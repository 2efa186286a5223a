"""Exact Online as this project knows it: OAuth, the OData reads and sync streams, every limit, one seeded company.

`world` builds everything; `api` answers the data port, `control` the control port. Records live in SQLite (`store`),
each as one row whose body holds the JSON text of every field. Each vendor rule that is enforced is in `rules`.
"""

"""A Power BI with push semantic models: Entra tokens, datasets, rows, limits, and DAX evaluated on the stored rows.

Start it with `python -m emulators.powerbi --ready FILE`. What it enforces is listed in `rules`, where the sources
conflict in `settings`; every refusal names its rule in `GET /control/stats`.
"""

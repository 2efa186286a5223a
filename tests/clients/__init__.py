"""Clients of the two vendors that others published, run unchanged against the emulators: see README.md."""

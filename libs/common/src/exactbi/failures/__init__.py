"""Failures as people see them, and the replays that they plan: the tables of both, written here only."""

"""Kills and faults under load, over every process that there is, and what became of the books afterwards."""

"""Walks every interleaving of a few changes and faults over the real pure cores."""

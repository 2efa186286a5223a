"""Exact's notices in over HTTP, `ChangesNotified` out through the outbox; keeps nothing but what it counts."""

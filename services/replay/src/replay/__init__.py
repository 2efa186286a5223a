"""Failures in, their origin messages out again through the outbox; keeps failures and replay runs."""

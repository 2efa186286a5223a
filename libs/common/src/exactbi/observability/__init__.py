"""Metrics, health, logs, freshness."""

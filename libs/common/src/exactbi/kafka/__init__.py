"""Kafka: the silhouette of a service, and the one place that runs it on a broker."""

"""What travels on the topics, and the topics themselves."""

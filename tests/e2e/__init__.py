"""End-to-end tests: a package, so that its stack ends with its last test."""

"""Starts and ends what the tests, the demo, the benches and the chaos runs stand on: real parts as child processes."""

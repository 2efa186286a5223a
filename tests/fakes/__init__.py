"""Hand-written fakes that more than one test uses."""

"""What is wanted of the poller: raised by any service, run by the poller."""

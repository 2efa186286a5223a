"""All that we know of Exact Online: streams, protocol, limits, auth, client."""

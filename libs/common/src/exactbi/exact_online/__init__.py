"""All that we know of Exact Online: its streams, its protocol, its limits, its tokens, and the client."""

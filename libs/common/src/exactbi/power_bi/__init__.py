"""All that we know of Power BI: its tables, its protocol, its limits, its tokens, and the client."""

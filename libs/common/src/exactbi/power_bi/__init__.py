"""All that we know of Power BI: tables, protocol, limits, auth, client."""

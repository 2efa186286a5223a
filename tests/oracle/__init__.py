"""What the tables in Power BI must hold, computed by hand from Exact's records: a second mapping that shares nothing with ours."""

"""exactbi keeps Microsoft Power BI push datasets equal to Exact Online."""

"""`RowsMapped` in, rows in Power BI out; keeps records, row images, batches and what the census found."""

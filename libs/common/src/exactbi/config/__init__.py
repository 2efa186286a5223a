"""A customer's configuration: connections, datasets, tables, expressions, packs."""

"""PostgreSQL: pool, leases, migrations, audit."""

"""What stands between us and a vendor's limits: secrets, the token custodian, budgets, gateways."""

"""What a customer's connections need to call the vendors: secrets, tokens, budgets, and the gateway to Exact."""

"""Real processes that are killed while people use them."""

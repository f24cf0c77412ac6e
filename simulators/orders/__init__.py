"""What a line makes: products, the order book, and what each machine did for each order."""

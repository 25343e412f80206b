"""The tests: rooms that mirror the house, and `house`, which holds its rules."""

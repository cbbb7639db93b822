"""Signing in, sessions, the gate, and the people behind them."""

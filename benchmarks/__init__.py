"""What Portico promises to be fast and small enough at, measured: `make bench` writes docs/performance.md."""

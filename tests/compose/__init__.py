"""``make compose-check``: starts docker-compose.yml and plays the README's section on it."""

"""What every other package may lean on: errors, registries, safe files."""

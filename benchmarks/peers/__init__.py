"""The other side of each comparison. They run in the peers' environment and import no neurotwin."""

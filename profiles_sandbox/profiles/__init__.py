"""Profiles as the service understands them: what is declared, and what a value may be."""

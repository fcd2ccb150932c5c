"""A page of what a sync did, made of what it printed."""

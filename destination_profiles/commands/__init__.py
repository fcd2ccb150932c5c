"""What a person or the platform asks of the connector: one module a command."""

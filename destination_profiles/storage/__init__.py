"""The folder that the user gives the connector to keep things in: on this machine, or in S3."""

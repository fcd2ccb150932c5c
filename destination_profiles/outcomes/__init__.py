"""What became of each record, kept in the object storage."""

"""The connector as a process against the sandbox as a process."""

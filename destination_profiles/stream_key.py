"""What a stream is known by: to the machine, and to a person."""

StreamKey = tuple[str | None, str]  # namespace, name


def label(key: StreamKey) -> str:
    """As a person knows it: with its namespace where it has one."""
    return ".".join(filter(None, key))

"""Airbyte's protocol: lines of stdin to messages, messages to lines of stdout."""

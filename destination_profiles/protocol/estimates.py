"""How many records a source says that it will send: TRACE messages of the type ESTIMATE."""

from collections.abc import Mapping
from typing import Any

WHOLE = (None, "")  # stands for all streams in an estimate of the sync


class Estimates:
    """The latest estimate of each stream, and of the sync."""

    def __init__(self) -> None:
        """Start with none."""
        self._rows: dict[tuple[str | None, str], int] = {}

    def hear(self, message: Mapping[str, Any]) -> None:
        """Take a TRACE message; others than estimates say nothing."""
        trace: Any = message.get("trace")
        estimate: Any = trace.get("estimate") if isinstance(trace, dict) else None
        rows = estimate.get("row_estimate") if isinstance(estimate, dict) else None
        if not isinstance(rows, int) or isinstance(rows, bool) or rows <= 0:
            return
        is_whole = estimate.get("type") == "SYNC"
        stream = estimate.get("namespace"), estimate.get("name")
        self._rows[WHOLE if is_whole else (str(stream[0]), str(stream[1]))] = rows

    def records(self) -> int | None:
        """How many there will be, None where nobody has said it."""
        whole = self._rows.get(WHOLE)
        return whole or sum(self._rows.values()) or None

"""What each figure is to be at most: ratios to the floor of the same run, or as the figure says."""

WALL = {"wide": 0.7, "nested": 0.85, "database": 0.75, "mapped": 1.2, "people": 2.0}
"""By shape: net wall time, as times the floor's."""

CPU = {"nested": 0.9}
"""By shape: processor time, likewise."""

FIGURES = {
    "orders: requests": 1.5,  # times the updates of the deepest profile
    "orders: wall": 1.4,  # times that many answers one behind the other
    "orders: memory": 150,  # MB
    "orders: CPU": 2.0,  # times that of as many flat records
    "ramp": 1.1,  # times the least
    "spec": 0.35,  # times `import airbyte_cdk`
    "check": 0.5,
    "write": 0.5,
    "start: memory": 80,  # MB
    "streams: first request": 2.0,  # seconds
    "streams: memory": 200,  # MB
    "row: memory": 400,  # MB
}
"""By figure of loads.py."""


def shown(value: float, target: float | None) -> str:
    """A target in words, with what became of it; nothing where there is none."""
    if target is None:
        return ""
    return f"<= {target:g}" + ("" if value <= target else ", missed")

"""Columns that nothing is taken from: they hold anything, and may be nowhere but in the source."""

from .spelling import TEXT, Column, fixed, spellings, wrote

CANARY = "canary"
NOBODY_MAPS = tuple(  # wrong types, and a word that may be nowhere but in the source
    Column(name, schema, lambda _, customer: f"{CANARY}-{customer}", made)
    for name, schema, made in (
        ("password_hash", TEXT, spellings(wrote(9), wrote(1, lambda text: {text: [None, {}]}))),
        ("internal_score", {"type": "integer"}, spellings(wrote(5), fixed(5, "n/a", None, [[]]))),
        (
            "crm_blob",
            {"type": "object"},
            spellings(wrote(5), fixed(5, "{", 0.1, {"a": {"b": None}})),
        ),
    )
)

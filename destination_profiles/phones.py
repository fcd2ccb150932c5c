"""Phone numbers as E.164 has them."""

import re

# as tables write whole numbers where a column has gaps: 4930123456.0
DECIMALS = re.compile(r"(\s*\+?[0-9]{5,})[.,]0+\s*")
EXPONENT = re.compile(r"[0-9][0-9.,]*[eE][+-]?[0-9]+")  # 4.93E10 of a spreadsheet has lost digits


class NoPhone(Exception):
    """A text is no phone number. It carries no text: the value must not be told."""


def e164(text: str, region: str | None = None, *, code_without_plus: bool = False) -> str:
    """A number such as +4930123456; `region` (ISO 3166, such as DE) is that of numbers without a
    country's code. Zeros behind a point are no part of it. `code_without_plus`: one that is valid
    with the region's code, such as 491701234567, has it. Raises NoPhone.
    """
    import phonenumbers  # noqa: PLC0415 - its tables take a while, and most syncs do without

    if EXPONENT.fullmatch(text.strip()):
        raise NoPhone
    if whole := DECIMALS.fullmatch(text):
        text = whole[1]
    try:
        number = phonenumbers.parse(text, region)
        if code_without_plus and region and text.strip(" (").startswith(calling_code(region)):
            within = phonenumbers.parse(f"+{text.strip(' (')}")
            number = within if phonenumbers.is_valid_number(within) else number
    except phonenumbers.NumberParseException:
        raise NoPhone from None
    found = phonenumbers.is_possible_number_with_reason(number)
    if found != phonenumbers.ValidationResult.IS_POSSIBLE:  # without an area's code
        raise NoPhone
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def calling_code(region: str) -> str:
    """The digits that numbers of a region begin with in E.164, such as 49 of DE."""
    import phonenumbers  # noqa: PLC0415 - see above

    return str(phonenumbers.country_code_for_region(region))


def regions() -> frozenset[str]:
    """All that `e164` knows."""
    import phonenumbers  # noqa: PLC0415 - see above

    return frozenset(phonenumbers.SUPPORTED_REGIONS)

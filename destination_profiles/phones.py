"""Phone numbers as E.164 has them."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

# as tables write whole numbers where a column has gaps: 4930123456.0
DECIMALS = re.compile(r"(\s*\+?[0-9]{5,})[.,]0+\s*")
# 2024-01-05 would be a valid number of Wuppertal
DATE = re.compile(r"\s*[0-9]{4}-[0-9]{2}-[0-9]{2}\b.*", re.DOTALL)
LABEL = re.compile(r"\D*")  # before a number, such as `Tel.: `
EXTENSION = re.compile(r"\D+\d+\D*$")  # behind it, such as ` ext. 12`


class NoPhone(Exception):
    """A text is no phone number. It carries no text: the value must not be told."""


def e164(text: str, region: str | None = None, *, code_without_plus: bool = False) -> str:
    """A number such as +4930123456; `region` (ISO 3166, such as DE) is that of numbers without a
    country's code, which must be valid ones. Zeros behind a point are no part of it, nor is an
    extension. `code_without_plus`: one that is valid with the region's code, such as 491701234567,
    has it. Raises NoPhone.
    """
    import phonenumbers  # noqa: PLC0415 - its tables take a while, and most syncs do without

    if DATE.fullmatch(text):
        raise NoPhone
    if whole := DECIMALS.fullmatch(text):
        text = whole[1]
    try:
        number = phonenumbers.parse(text, region, keep_raw_input=True)
        if code_without_plus and region and text.strip(" (").startswith(calling_code(region)):
            within = phonenumbers.parse(f"+{text.strip(' (')}")
            number = within if phonenumbers.is_valid_number(within) else number
    except phonenumbers.NumberParseException:
        raise NoPhone from None
    found = phonenumbers.is_possible_number_with_reason(number)
    if found != phonenumbers.ValidationResult.IS_POSSIBLE:  # without an area's code
        raise NoPhone
    if _holds_letters(text, has_extension=bool(number.extension)):
        raise NoPhone
    if not _names_country(number) and not phonenumbers.is_valid_number(number):
        raise NoPhone
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _holds_letters(text: str, *, has_extension: bool) -> bool:
    """Whether letters stand within a number or behind it: phonenumbers would take them for digits,
    as keys have both, or pass them over.
    """
    bare = LABEL.sub("", text, count=1)
    if has_extension:
        bare = EXTENSION.sub("", bare)
    return any(map(str.isalpha, bare))


def _names_country(number: "PhoneNumber") -> bool:
    """By a plus, or what stands for it where it is dialled, such as 00."""
    from phonenumbers import CountryCodeSource  # noqa: PLC0415 - see above

    return number.country_code_source in {
        CountryCodeSource.FROM_NUMBER_WITH_PLUS_SIGN,
        CountryCodeSource.FROM_NUMBER_WITH_IDD,
    }


def calling_code(region: str) -> str:
    """The digits that numbers of a region begin with in E.164, such as 49 of DE."""
    import phonenumbers  # noqa: PLC0415 - see above

    return str(phonenumbers.country_code_for_region(region))


def regions() -> frozenset[str]:
    """All that `e164` knows."""
    import phonenumbers  # noqa: PLC0415 - see above

    return frozenset(phonenumbers.SUPPORTED_REGIONS)

"""A caller's telephone number (来电号码): read as typed or displayed, kept in one form, shown masked."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

WITHHELD = ""
"""The number was not displayed (未显示号码)."""

_HOME = "CN"
_SHORT = range(3, 9)
"""Service numbers such as 12345, extensions, and landlines dialled without their area code."""


class NotANumber(ValueError):
    """What was given is no telephone number."""


def normalised(text: str) -> str:
    """The one form in which a number is kept: E.164, or the bare digits of a short or local number.

    Nothing given means that the number was withheld.
    """
    if not text.strip():
        return WITHHELD
    try:
        number = phonenumbers.parse(text, _HOME)
    except NumberParseException as error:
        raise NotANumber("电话号码格式不正确") from error
    if number.extension:
        raise NotANumber("请填写不带分机的电话号码")
    if phonenumbers.is_possible_number(number) and phonenumbers.is_valid_number(number):
        return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    digits = phonenumbers.normalize_digits_only(text)
    if "+" not in text and "＋" not in text and len(digits) in _SHORT and not digits.startswith("0"):
        return digits
    raise NotANumber("电话号码不存在或位数不对")


def as_dialled(number: str) -> str:
    """A kept number as the agent dials it: 13800138000, 0372-6212319, +852 2345 6789."""
    if not number.startswith("+"):
        return number
    parsed = phonenumbers.parse(number)
    if parsed.country_code != phonenumbers.country_code_for_region(_HOME):
        return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
    area, rest = _area_and_rest(parsed)
    return f"0{area}-{rest}" if area else rest


def masked(number: str) -> str:
    """A kept number as lists show it: 138****1234, 0372-***2319; a withheld one in words."""
    if number == WITHHELD:
        return "未显示号码"
    if not number.startswith("+"):
        return _covered(number, shown=2 if len(number) < 7 else 4)
    parsed = phonenumbers.parse(number)
    if parsed.country_code != phonenumbers.country_code_for_region(_HOME):
        return f"+{parsed.country_code} {_covered(str(parsed.national_number), shown=2)}"
    area, rest = _area_and_rest(parsed)
    if area:
        return f"0{area}-{_covered(rest, shown=4)}"
    return rest[:3] + _covered(rest[3:], shown=4)


def without_number(text: str, number: str) -> str:
    """The text without the caller's own number, should the agent have written it into the description."""
    if number == WITHHELD or not number.startswith("+"):
        return text
    found = [match for match in phonenumbers.PhoneNumberMatcher(text, _HOME) if _same(match.number, number)]
    for match in reversed(found):
        text = text[: match.start] + masked(number) + text[match.end :]
    return text


def _same(found: phonenumbers.PhoneNumber, number: str) -> bool:
    return phonenumbers.format_number(found, PhoneNumberFormat.E164) == number


def _area_and_rest(number: phonenumbers.PhoneNumber) -> tuple[str, str]:
    digits = phonenumbers.national_significant_number(number)
    length = phonenumbers.length_of_geographical_area_code(number)
    return digits[:length], digits[length:]


def _covered(digits: str, *, shown: int) -> str:
    return "*" * max(len(digits) - shown, 0) + digits[-shown:]

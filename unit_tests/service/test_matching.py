"""How profiles are found: keys, parameters and identities of every mode."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from destination_profiles.errors import ConfigError
from destination_profiles.service.manifest import service
from destination_profiles.service.matching import Matching, Target, matching_by

MODES = sorted(service().matching_modes)
EMAIL, PHONE, ANY = (("email",),), (("phone",), ("phones",)), (("email",), ("phone",), ("phones",))

ALTERNATIVES = [
    *((mode, EMAIL) for mode in ("email", "email_profile", "email_sub")),
    *((mode, PHONE) for mode in ("phone", "phone_sub")),
    *((mode, ANY) for mode in ("email_phone", "email_phone_sub")),
    *((mode, (("crm_id",),)) for mode in ("custom", "custom_sub")),
    ("profile_id", (("profile_id",),)),
    ("push_sub", (("provider", "subscription_id"),)),
]

IDENTITIES = [
    ("email", {"email": "Ann@Example.ORG "}, ("ann@example.org",)),
    ("email", {"email": "АНН@пример.рф"}, ("анн@пример.рф",)),
    ("phone", {"phone": "+7 (900) 000-00-01"}, ("79000000001",)),
    ("phone", {"phone": 79000000001}, ("79000000001",)),
    ("phone", {"phone": "unknown"}, ("unknown",)),
    ("phone", {"phones": ["+7 900", "7-900", 8]}, ("7900", "8")),
    ("phone", {"phone": "1", "phones": ["2", "3"]}, ("1", "2", "3")),
    ("phone", {"phone": None, "phones": ["2"]}, ("2",)),
    ("phone", {"phones": []}, ()),
    ("email_phone", {"email": "A@b.org"}, ("a@b.org",)),
    ("email_phone", {"email": "A@b.org", "phone": "+1", "phones": ["2"]}, ("a@b.org", "1", "2")),
    ("email_phone_sub", {"email": None, "phones": ["2"]}, ("2",)),
    ("profile_id", {"profile_id": "65F0 "}, ("65f0",)),
    ("push_sub", {"provider": "web", "subscription_id": "s1"}, ("web\0s1",)),
    ("custom", {"crm_id": 5}, ("5",)),
    ("custom", {"crm_id": "5"}, ("5",)),
    ("custom", {"crm_id": 2**64 + 1}, ("18446744073709551617",)),
    ("custom_sub", {"crm_id": "tag-2, Tag-1"}, ("tag-1", "tag-2")),
    ("push_sub", {"provider": "a, b", "subscription_id": "c"}, ("a,b\0c",)),
]


def matching(mode: str, **parameters: Any) -> Matching:
    named = {"field_name": "crm_id"} if mode.startswith("custom") else {}
    return Matching(service().matching_modes[mode], {**named, **parameters})


def identities(mode: str, profile: dict[str, Any]) -> tuple[str, ...]:
    return matching(mode).identify(service())(profile)


@pytest.mark.parametrize(("mode", "alternatives"), ALTERNATIVES)
def test_mode_has_its_alternatives(mode: str, alternatives: tuple[tuple[str, ...], ...]) -> None:
    assert matching(mode).alternatives() == alternatives


def test_every_mode_is_tried_here() -> None:
    assert sorted(mode for mode, _ in ALTERNATIVES) == MODES


@pytest.mark.parametrize(
    ("mode", "fields"),
    [
        ("email", ("email",)),
        ("phone", ("phone", "phones")),
        ("push_sub", ("provider", "subscription_id")),
        ("custom", ("crm_id",)),
    ],
)
def test_fields_are_those_of_all_alternatives(mode: str, fields: tuple[str, ...]) -> None:
    assert matching(mode).fields() == fields


@pytest.mark.parametrize("mode", MODES)
def test_request_names_its_mode(mode: str) -> None:
    assert matching(mode).parameters()["matching"] == mode


@pytest.mark.parametrize("mode", ["custom", "custom_sub"])
def test_request_names_the_users_field(mode: str) -> None:
    assert matching(mode).parameters() == {"matching": mode, "field_name": "crm_id"}


def test_request_names_the_resource_if_given() -> None:
    assert matching("email", resource_id=28).parameters() == {
        "matching": "email",
        "resource_id": 28,
    }
    assert matching("email").parameters() == {"matching": "email"}


@pytest.mark.parametrize(("mode", "profile", "expected"), IDENTITIES)
def test_identities_are_the_keys_compared(
    mode: str, profile: dict[str, Any], expected: tuple[str, ...]
) -> None:
    assert identities(mode, profile) == expected


@pytest.mark.parametrize(("mode", "profile"), [(mode, profile) for mode, profile, _ in IDENTITIES])
def test_other_fields_change_no_identity(mode: str, profile: dict[str, Any]) -> None:
    assert identities(mode, {**profile, "_fname": "Ann", "tags": ["phone"]}) == identities(
        mode, profile
    )


def test_composite_key_needs_all_its_fields() -> None:
    assert identities("push_sub", {"provider": "web"}) == ()


def test_composite_keys_are_never_confused() -> None:
    one = identities("push_sub", {"provider": "web", "subscription_id": "1"})
    assert one != identities("push_sub", {"provider": "web1", "subscription_id": ""})


def test_key_schema_of_one_key_requires_it() -> None:
    assert matching("profile_id").key_schema(service()) == {
        "properties": {"profile_id": {"type": "string", "minLength": 1}},
        "required": ["profile_id"],
    }


def test_key_schema_of_alternatives_requires_one() -> None:
    schema = matching("phone").key_schema(service())
    assert (list(schema["properties"]), schema["anyOf"]) == (
        ["phone", "phones"],
        [{"required": ["phone"]}, {"required": ["phones"]}],
    )


def test_target_is_equal_by_its_parts() -> None:
    assert Target(1, matching("custom")) == Target(1, matching("custom"))
    others = [
        Target(2, matching("custom")),
        Target(1, matching("custom_sub")),
        Target(1, matching("custom", field_name="other")),
    ]
    assert Target(1, matching("custom")) not in others


@given(st.text(st.characters(codec="ascii"), min_size=1, max_size=12))
@settings(max_examples=60)
def test_case_of_an_email_is_no_difference(email: str) -> None:
    assert identities("email", {"email": email}) == identities(
        "email", {"email": f" {email.upper()} "}
    )


@given(
    st.text("0123456789", min_size=1, max_size=12),
    st.lists(st.sampled_from(list("+- ()")), max_size=4),
)
@settings(max_examples=60)
def test_signs_in_a_phone_are_no_difference(digits: str, signs: list[str]) -> None:
    spread = "".join(signs) + digits[:2] + "".join(signs) + digits[2:]
    assert identities("phone", {"phone": spread}) == identities("phone", {"phones": [digits]})


@pytest.mark.parametrize(
    ("one", "other"), [("vip, x", "x, vip"), (1, 1.0), (1, "1"), ("A b ", "a B")]
)
def test_spellings_of_one_key_are_one_identity(one: Any, other: Any) -> None:
    identify = matching("custom", field_name="id").identify(service())
    assert identify({"id": one}) == identify({"id": other})


def test_empty_keys_identify_nobody() -> None:
    identify = matching("email_phone").identify(service())
    assert identify({"email": "a@example.org", "phone": "", "phones": []}) == ("a@example.org",)


# The key that was chosen in the platform

CHOSEN = [
    (["email"], "email_phone", {}, "email"),
    (["phone"], "email_phone", {}, "phone"),
    (["email"], "email_sub", {}, "email_sub"),
    (["phone"], "phone_sub", {}, "phone_sub"),
    (["phones"], "phone_sub", {}, "phone_sub"),
    (["phone", "phones"], "phone_sub", {}, "phone_sub"),
    (["email", "phone"], "email_phone_sub", {}, "email_phone_sub"),
    (["phone", "email"], "custom", {"field_name": "crm_id"}, "email_phone"),
    (["subscription_id", "provider"], "email", {}, "push_sub"),
    (["crm_id"], "custom", {"field_name": "crm_id"}, "custom"),
    (["subscriber"], "custom_sub", {"field_name": "subscriber"}, "custom_sub"),
    (["crm_id"], "email", {}, "custom"),
]


@pytest.mark.parametrize(("key", "configured", "given", "mode"), CHOSEN)
def test_chosen_key_alone_finds_the_profile(
    key: list[str], configured: str, given: dict[str, Any], mode: str
) -> None:
    made = matching_by(key, Matching(service().matching_modes[configured], given), service())
    assert made.mode.name == mode
    assert made.given == (
        {} if "field_name" not in made.mode.required else given or {"field_name": key[0]}
    )


@pytest.mark.parametrize("key", [["a", "b"], ["email", "crm_id"], ["provider", "email"]])
def test_key_that_no_mode_has_is_told(key: list[str]) -> None:
    with pytest.raises(
        ConfigError, match=f"cannot be found by {' and '.join(sorted(key))} together"
    ):
        matching_by(key, Matching(service().matching_modes["email"]), service())


@pytest.mark.parametrize(
    ("mode", "profiles"),
    [
        ("email", [{"email": " A@b "}, {"email": "ÄÖ"}]),
        ("custom", [{"id": 1}, {"id": "1"}, {"id": 2.0}]),
        ("custom", [{"id": "b, a"}, {"id": "c"}]),
        (
            "phone",
            [
                {"phone": "+1 (2)", "phones": None},
                {"phone": None, "phones": ["3", 4]},
                {"phone": "x", "phones": None},
            ],
        ),
        ("push", [{"provider": "P", "subscription_id": "S"}]),
    ],
)
def test_many_profiles_are_identified_as_each_is(mode: str, profiles: list[dict[str, Any]]) -> None:
    names = {name for name in service().matching_modes if name.startswith(mode)}
    assert names
    for name in names:
        identify = matching(name, **({"field_name": "id"} if mode == "custom" else {})).identify(
            service()
        )
        found = identify.many(lambda field: [profile.get(field) for profile in profiles])
        assert found == [identify(profile) for profile in profiles]


def test_key_names_a_profile_where_it_is_whole() -> None:
    push = matching("push_sub")
    assert push.named_by({"provider", "subscription_id"})
    assert not push.named_by({"provider"})
    assert matching("email_phone").named_by({"phone"})
    assert not matching("email").named_by({"email", "phone"})


def test_search_says_what_a_profile_is_found_by() -> None:
    custom = {"matching": "custom", "field_name": "crm_id", "field_value": "7"}
    assert matching("custom").search({"crm_id": "7"}) == custom
    both = {"matching": "email_phone", "email": "a@x.org", "phones": ["49301"]}
    assert matching("email_phone").search({"email": "a@x.org", "phones": "49301"}) == both

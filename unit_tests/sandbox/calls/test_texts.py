"""What the texts of XML become: the types that are declared for their names."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles_sandbox.calls.texts import Types
from profiles_sandbox.profiles.setup import load_setup
from profiles_sandbox.switches import Switches
from profiles_sandbox.wire.xml_format import XML

UPDATE = "profiles/update_batch"
EMAIL = {"email": "a@example.org"}


def xml(text):
    return f"<xml><token>sandbox-token</token>{text}</xml>".encode()


def batch(text, parameters=""):
    return xml(f"<db_id>1</db_id>{parameters}<data><email>a@example.org</email>{text}</data>")


def update(sandbox, text, parameters=""):
    """Update the profile of EMAIL and give its result."""
    [result] = sandbox.post_xml(UPDATE, batch(text, "<format>json</format>" + parameters)).message[
        "result"
    ]
    return result


VALUES = [
    ("<crm_id>501</crm_id>", 501),
    ("<crm_id>-36893488147419103233</crm_id>", -36893488147419103233),
    ("<_status>0</_status>", 0),
    ("<score>2</score>", 2),
    ("<score>-1.5e3</score>", -1500.0),
    ("<vip>true</vip>", True),
    ("<vip>1</vip>", True),
    ("<vip>false</vip>", False),
    ("<vip>0</vip>", False),
    ("<plan>pro</plan>", "pro"),
    ("<plan>1</plan>", "pro"),
    ("<source>501</source>", "501"),
    ("<source/>", ""),
    ("<_bdate>2001-12-31</_bdate>", "2001-12-31"),
    ("<_ip>192.0.2.1</_ip>", "192.0.2.1"),
    ("<_fname>Борис &amp; &lt;Ко&gt;</_fname>", "Борис & <Ко>"),
    ("<tags>1</tags>", ["1"]),
    ("<tags array='true'>1</tags>", ["1"]),
    ("<tags>a</tags><tags>b</tags>", ["a", "b"]),
    ("<tags/>", [""]),
    ("<phones>+79000000001</phones>", ["+79000000001"]),
    ("<address><flat>1</flat><open>true</open></address>", {"flat": "1", "open": "true"}),
    ("<devices><os>x</os><n>1</n></devices>", [{"os": "x", "n": "1"}]),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_text_becomes_its_declared_type(sandbox, text, value):
    [profile_id] = sandbox.create(EMAIL)
    assert update(sandbox, text)["error"] == 0
    stored = sandbox.profile(profile_id)[text[1:].split(">")[0].split(" ")[0].strip("/")]
    assert (stored, type(stored)) == (value, type(value))


def test_option_counts_before_position(open_sandbox, tmp_path):
    setup = tmp_path / "setup.yaml"
    setup.write_text(
        "databases: [{id: 1, name: A, fields: [{name: size, type: enum, dictionary: ['1', '2']}]}]"
    )
    sandbox = open_sandbox(setup=setup)
    [profile_id] = sandbox.create(EMAIL)
    for text, size in [("1", "1"), ("0", "1"), ("2", "2")]:
        assert update(sandbox, f"<size>{text}</size>")["error"] == 0
        assert sandbox.profile(profile_id)["size"] == size


REFUSED = [
    ("<points>5.0</points>", "points: int expected, string given"),
    ("<points/>", "points: int expected, string given"),
    ("<points>5 </points>", "points: int expected, string given"),
    ("<points>007</points>", "points: int expected, string given"),
    ("<points>1</points><points>2</points>", "points: int expected, array given"),
    ("<score>1,5</score>", "score: float expected, string given"),
    ("<vip>yes</vip>", "vip: boolean expected, string given"),
    ("<plan>free</plan>", "plan: one of basic, pro expected"),
    ("<plan>2</plan>", "plan: option 0 to 1 expected"),
    ("<tags><a>1</a></tags>", "tags[0]: string expected, object given"),
    ("<devices>x</devices>", "devices[0]: object expected, string given"),
    ("<address/>", "address: object expected, string given"),
    ("<source><a>1</a></source>", "source: string expected, object given"),
    ("<nickname>x</nickname>", "nickname: unknown field of database 1"),
    ("<subscriptions/>", "subscriptions[0]: object expected, string given"),
]


@pytest.mark.parametrize(("text", "problem"), REFUSED)
def test_text_of_another_type_is_refused(sandbox, text, problem):
    sandbox.create(EMAIL)
    assert update(sandbox, text) == {"error": 400, "error_text": problem}


def test_item_without_fields_is_a_text(sandbox):
    [result] = sandbox.post_xml(
        UPDATE, xml("<format>json</format><db_id>1</db_id><data/>")
    ).message["result"]
    assert result == {"error": 400, "error_text": "data[0]: object expected, string given"}


STORED = {
    **EMAIL,
    "points": 10,
    "tags": ["a", "b"],
    "vip": False,
    "address": {"city": "Rome"},
    "devices": [{"os": "x", "n": "1"}, {"os": "y"}],
}

FUNCTIONS = [
    ("points", "<action>incr</action><value>5</value>", 15),
    ("points", "<action>unset</action>", None),
    ("vip", "<action>set</action><value>1</value>", True),
    ("tags", "<action>add</action><value>c</value>", ["a", "b", "c"]),
    ("tags", "<action>delete</action><value>a</value><value>z</value>", ["b"]),
    ("devices", "<action>add</action><value><os>1</os></value>", [*STORED["devices"], {"os": "1"}]),
    ("devices", "<action>delete</action><submatch>n</submatch><value>1</value>", [{"os": "y"}]),
    (
        "devices",
        "<action>delete</action><submatch/><value><os>y</os></value>",
        [{"os": "x", "n": "1"}],
    ),
    (
        "devices",
        "<action>upsert</action><submatch>n</submatch><value><n>2</n></value>",
        [{"os": "x", "n": "2"}, {"os": "y"}],
    ),
    (
        "address",
        "<action>upsert</action><submatch>flat</submatch><value>1</value>",
        {"city": "Rome", "flat": "1"},
    ),
]


@pytest.mark.parametrize(("name", "function", "stored"), FUNCTIONS)
def test_function_has_the_type_of_its_field(sandbox, name, function, stored):
    [profile_id] = sandbox.create(STORED)
    assert update(sandbox, f"<{name}>{function}</{name}>")["error"] == 0
    assert sandbox.profile(profile_id).get(name) == stored


def test_function_of_another_type_is_refused(sandbox):
    sandbox.create(STORED)
    result = update(sandbox, "<points><action>incr</action><value>x</value></points>")
    assert result == {"error": 400, "error_text": "points: int expected, string given"}


ADDRESSES = [
    (
        "email",
        "<email_data><email>1@example.org</email></email_data>",
        {"email_data": {"email": "1@example.org"}},
    ),
    ("sms", "<phone>79000000001</phone>", {"phone": "79000000001"}),
    (
        "push",
        "<provider>1</provider><subscription_id>2</subscription_id>",
        {"provider": "1", "subscription_id": "2"},
    ),
    ("telegram_bot", "<cc_data><id>12345</id></cc_data>", {"cc_data": {"id": "12345"}}),
    (
        "viber",
        "<cc_data><phone>79000000001</phone></cc_data>",
        {"cc_data": {"phone": "79000000001"}},
    ),
]


@pytest.mark.parametrize("form", ["<subscriptions>", "<subscriptions array='true'>"])
@pytest.mark.parametrize(("channel", "address", "stored"), ADDRESSES)
def test_subscription_has_its_types(sandbox, form, channel, address, stored):
    [profile_id] = sandbox.create(EMAIL)
    settings_ = "<resource_id>3</resource_id><status>2</status><priority>7</priority><cats>1</cats>"
    fields = "<custom_fields><source>1</source><subscriber_id>1</subscriber_id></custom_fields>"
    assert (
        update(
            sandbox,
            f"{form}<channel>{channel}</channel>{address}{settings_}{fields}</subscriptions>",
        )["error"]
        == 0
    )
    expected = {"channel": channel, "resource_id": 3, "status": 2, "priority": 7, "cats": ["1"]}
    custom_fields = {"source": "1", "subscriber_id": 1}
    assert sandbox.profile(profile_id)["subscriptions"] == [
        {**expected, "custom_fields": custom_fields, **stored}
    ]


SMS = "<channel>sms</channel><phone>+79000000001</phone>"

SUBSCRIPTIONS_REFUSED = [
    ("<resource_id>x</resource_id>", "resource_id: int expected, string given"),
    (
        "<resource_id>9</resource_id><custom_fields><a>1</a></custom_fields>",
        "resource_id: unknown resource",
    ),
    (
        "<resource_id>3</resource_id><status>gone</status>",
        "status: int or status word expected, string given",
    ),
    ("<resource_id>3</resource_id><status>7</status>", "status: out of range"),
    ("<resource_id>3</resource_id><priority/>", "priority: int expected, string given"),
    (
        "<resource_id>3</resource_id><custom_fields/>",
        "custom_fields: object expected, string given",
    ),
    (
        "<resource_id>3</resource_id><custom_fields><subscriber_id>x</subscriber_id></custom_fields>",
        "custom_fields.subscriber_id: int expected, string given",
    ),
]


@pytest.mark.parametrize(("text", "problem"), SUBSCRIPTIONS_REFUSED)
def test_invalid_subscription_fails_or_is_skipped(sandbox, text, problem):
    sandbox.create(EMAIL)
    text = f"<subscriptions>{SMS}{text}</subscriptions>"
    assert update(sandbox, text) == {"error": 400, "error_text": f"subscriptions[0].{problem}"}
    assert (
        update(sandbox, text, "<skip_invalid_subscriptions>true</skip_invalid_subscriptions>")[
            "error"
        ]
        == 0
    )


def test_status_word_and_minus_one_are_read(sandbox):
    [profile_id] = sandbox.create(EMAIL)
    for status in ("suspended", "-1"):
        assert (
            update(
                sandbox,
                f"<subscriptions>{SMS}<resource_id>3</resource_id><status>{status}</status></subscriptions>",
            )["error"]
            == 0
        )
    assert [
        subscription["status"] for subscription in sandbox.profile(profile_id)["subscriptions"]
    ] == [5]


ONE_MEMBER = [
    ("tags", "<tags>a</tags>", "tags: array expected, string given"),
    ("phones", "<phones>+79000000001</phones>", "phones: array expected, string given"),
    ("devices", "<devices><os>x</os></devices>", "devices: array expected, object given"),
    (
        "tags",
        "<tags><action>add</action><value>a</value></tags>",
        "tags: array expected, string given",
    ),
    (
        "subscriptions",
        f"<subscriptions>{SMS}</subscriptions>",
        "subscriptions: array expected, object given",
    ),
    (
        "subscriptions",
        (
            "<subscriptions "
            f"array='true'>{SMS}<resource_id>3</resource_id><cats>a</cats></subscriptions>"
        ),
        "subscriptions[0].cats: array expected, string given",
    ),
]


@pytest.mark.parametrize(("name", "text", "problem"), ONE_MEMBER)
def test_single_member_may_be_a_value(open_sandbox, name, text, problem):
    sandbox = open_sandbox(xml_single_list="value")
    [profile_id] = sandbox.create(EMAIL)
    assert update(sandbox, text) == {"error": 400, "error_text": problem}
    for inner in ("tags", "cats", "phones", "devices", "value"):
        text = text.replace(f"<{inner}>", f"<{inner} array='true'>")
    text = text.replace(
        f"<subscriptions>{SMS}", f"<subscriptions array='true'>{SMS}<resource_id>3</resource_id>"
    )
    assert (
        update(sandbox, text.replace("<tags array='true'><action>", "<tags><action>"))["error"] == 0
    )
    assert name in sandbox.profile(profile_id)


PARAMETERS_REFUSED = [
    ("databases/get", "<id>x</id>", "id: int expected, string given"),
    ("databases/list", "<limit/>", "limit: int expected, string given"),
    (UPDATE, "<db_id>1</db_id>", "data: missing"),
    (UPDATE, "<db_id>1</db_id><db_id>1</db_id>", "db_id: int expected, array given"),
    (
        UPDATE,
        "<db_id>1</db_id><data/><skip_triggers>yes</skip_triggers>",
        "skip_triggers: boolean expected, string given",
    ),
    (
        UPDATE,
        "<db_id>1</db_id><data/><matching><a>1</a></matching>",
        "matching: string expected, object given",
    ),
    (
        UPDATE,
        "<db_id>1</db_id><data/><matching>custom</matching><field_name/>",
        "field_name: missing, matching custom needs it",
    ),
    (UPDATE, "<db_id>1</db_id><data/><dat/>", "dat: not a parameter of this call"),
]


@pytest.mark.parametrize(("call", "text", "problem"), PARAMETERS_REFUSED)
def test_parameter_is_refused_by_name(sandbox, call, text, problem):
    assert sandbox.post_xml(call, xml(text)).message == {"error": "400", "error_text": problem}


TEXTS = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"
    ),
    max_size=5,
)
WORDS = st.text("abc123", min_size=1, max_size=5)
NUMBERS = st.integers(-(2**70), 2**70)
OBJECTS = st.dictionaries(st.sampled_from(["city", "flat"]), TEXTS, min_size=1)
VALUES_OF = {
    "crm_id": NUMBERS,
    "score": NUMBERS | st.floats(allow_nan=False, allow_infinity=False),
    "vip": st.booleans(),
    "plan": st.sampled_from(["basic", "pro", 0, 1]),
    "source": TEXTS,
    "_fname": TEXTS,
    "tags": st.lists(TEXTS, min_size=1, max_size=3),
    "address": OBJECTS,
    "devices": st.lists(OBJECTS, min_size=1, max_size=2),
    "points": st.fixed_dictionaries({"action": st.just("set"), "value": NUMBERS}),
    "height": st.just({"action": "unset"}),
    "subscriptions": st.lists(
        st.fixed_dictionaries(
            {
                "channel": st.just("push"),
                "resource_id": st.sampled_from([3, 28]),
                "provider": WORDS,
                "subscription_id": WORDS,
            },
            optional={
                "status": st.sampled_from(["suspended", 0, -1, 6]),
                "priority": st.integers(-1, 9),
                "cats": st.lists(TEXTS, min_size=1, max_size=2),
                "custom_fields": st.fixed_dictionaries({"subscriber_id": NUMBERS, "source": TEXTS}),
            },
        ),
        min_size=1,
        max_size=2,
    ),
}
ITEMS = st.fixed_dictionaries({"email": st.just("a@example.org")}, optional=VALUES_OF)


@given(item=ITEMS)
def test_any_item_has_its_types_again(item):
    request = {
        "token": "1",
        "db_id": 1,
        "matching": "email",
        "skip_triggers": False,
        "data": [item],
    }
    read = Types(load_setup(), Switches()).request(XML.decode(XML.encode(request)))
    assert msgspec.json.encode(read) == msgspec.json.encode(request)

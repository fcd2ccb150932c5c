"""XML bodies: how they are read, and what is answered."""

import pytest

from profiles_sandbox.testing import JSON_HEADERS, LocalSandbox
from profiles_sandbox.wire.xml_format import MAX_DEPTH, XML

UPDATE = "profiles/update_batch"
EMAIL = {"email": "a@example.org"}
DECLARATION = b"<?xml version='1.0' encoding='UTF-8'?>\n"
DONE = b"<error>0</error><error_text>Successful operation</error_text>"


def xml(text):
    return f"<xml><token>sandbox-token</token>{text}</xml>".encode()


def batch(text, parameters=""):
    return xml(f"<db_id>1</db_id>{parameters}<data><email>a@example.org</email>{text}</data>")


READ = [
    ("<xml/>", {}),
    ("<xml>\n</xml>", {}),
    ("<?xml version='1.0' encoding='UTF-8' ?>\n<xml><a>1</a></xml>", {"a": "1"}),
    ("<xml><!-- 1 --><a>1<!-- 2 -->3</a><?b 4?></xml>", {"a": "13"}),
    ("<xml><a/><b></b><c> \n</c></xml>", {"a": "", "b": "", "c": " \n"}),
    ("<xml>\n  <a>\n    <b> 1 </b>\n  </a>\n</xml>", {"a": {"b": " 1 "}}),
    ("<xml><a>1</a><b>2</b><a>3</a><a>4</a></xml>", {"a": ["1", "3", "4"], "b": "2"}),
    ("<xml><a array='true'>1</a></xml>", {"a": ["1"]}),
    ("<xml><a>1</a><a array='true'>2</a></xml>", {"a": ["1", "2"]}),
    ("<xml><a array='true'><b>1</b></a></xml>", {"a": [{"b": "1"}]}),
    ("<?xml version='1.0' encoding='KOI8-R'?><xml><a>Б</a></xml>", {"a": "Б"}),
    ("<xml><a>&lt;&amp;&gt;&quot;&apos;&#1041;<![CDATA[<b>&]]></a></xml>", {"a": "<&>\"'Б<b>&"}),
]


@pytest.mark.parametrize(("body", "message"), READ)
def test_body_is_read(body, message):
    assert XML.decode(body.encode()) == message


def test_text_may_be_of_any_length():
    assert XML.decode(b"<xml><a><![CDATA[" + b"x" * 11_000_000 + b"]]></a></xml>") == {
        "a": "x" * 11_000_000
    }


UNREADABLE = [
    (b"", "the body is not XML: document empty, line 1, column 1"),
    (b"s3cret", "the body is not XML: document empty, line 1, column 1"),
    (b"<xml>\n<a>1<s3cret></a></xml>", "the body is not XML: tag name mismatch, line 2, column 17"),
    (b"<xml><a>1</a>", "the body is not XML: tag not finished, line 1, column 14"),
    (b"<xml><a>\xff</a></xml>", "the body is not XML: invalid encoding, line 1, column 9"),
    (b"<xml><a>\x0b</a></xml>", "the body is not XML: invalid char, line 1, column 9"),
    (b"<xml><a>&s3cret;</a></xml>", "the body is not XML: undeclared entity, line 1, column 17"),
    (b"<s3cret/>", "the body: the root element is not xml"),
    (b"<xml>s3cret</xml>", "the body is not an object"),
    (b"<xml><a>s3cret<b>1</b></a></xml>", "the body: text beside elements"),
    (b"<xml><a>&#160;<b>1</b></a></xml>", "the body: text beside elements"),
    (b"<xml><a>1</a>s3cret</xml>", "the body: text beside elements"),
    (b"<xml><a s3cret='1'>1</a></xml>", "the body: an attribute other than array='true'"),
    (b"<xml><a array='false'>1</a></xml>", "the body: an attribute other than array='true'"),
    (b"<!DOCTYPE xml><xml/>", "the body: a document type is not accepted"),
    (
        b"<!DOCTYPE xml [<!ENTITY a 's3cret'>]><xml><a>&a;</a></xml>",
        "the body: a document type is not accepted",
    ),
    (
        b"<!DOCTYPE xml SYSTEM 'file:///etc/s3cret'><xml/>",
        "the body: a document type is not accepted",
    ),
    (
        b"<xml>" + b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH + b"</xml>",
        "the body: more than 200 elements in each other",
    ),
]


@pytest.mark.parametrize(("body", "text"), UNREADABLE)
def test_unreadable_body_is_refused(sandbox, body, text):
    reply = sandbox.post_xml(UPDATE, body)
    assert (reply.status, reply.message) == (200, {"error": "400", "error_text": text})
    assert "s3cret" not in repr(sandbox.journal())


@pytest.mark.parametrize("content_type", ["text/xml", "Application/XML; charset=utf-8"])
def test_content_type_has_two_names(sandbox, content_type):
    reply = sandbox.post_xml("databases/get", xml("<id>1</id>"), {"Content-Type": content_type})
    assert reply.message["data"]["name"] == "Customers"


ANSWERS = [
    (
        "resources/get",
        "<id>3</id>",
        b"<data><channels>email</channels><channels>push</channels><channels>sms</channels><channels>telegram_bot</channels>"
        b"<channels>viber</channels><channels>whatsapp</channels><dbs_ids>1</dbs_ids><dbs_ids>2</dbs_ids><id>3</id><name>Messages</name>"
        b"<trk_domain>tracking.example.com</trk_domain><url>https://www.example.com</url></data>",
    ),
    (
        "resources/list",
        "<limit>1</limit>",
        b"<data><id>3</id><name>Messages</name></data><next_from_id>28</next_from_id><total_count>2</total_count>",
    ),
    (
        "resources/fields_get",
        "<id>3</id><channel>email</channel>",
        b"<data><category>custom</category><name>source</name><title>Source</title><type>string</type><required>false</required></data>"
        b"<data><category>custom</category><name>subscriber_id</name><title>Subscriber "
        b"number</title><type>int</type>"
        b"<required>false</required></data>",
    ),
]


@pytest.mark.parametrize(("call", "text", "answer"), ANSWERS)
def test_answer_has_the_names_of_json(sandbox, call, text, answer):
    reply = sandbox.post_xml(call, xml(text))
    assert reply.body == DECLARATION + b"<xml>" + DONE + answer + b"</xml>"
    assert (reply.status, reply.headers["content-type"]) == (200, "application/xml")


def test_batch_answers_with_a_result_each(sandbox):
    sandbox.create(EMAIL)
    reply = sandbox.post_xml(UPDATE, batch("", "<data/>"))
    failed = (
        b"<result><error>400</error><error_text>data[0]: object expected, "
        b"string given</error_text></result>"
    )
    done = b"<result>" + DONE + b"<profile_id>65f0c0ffee00000000000001</profile_id></result>"
    assert reply.body == DECLARATION + b"<xml>" + DONE + failed + done + b"</xml>"


def test_answer_replaces_what_xml_cannot_carry(sandbox):
    inner = {
        "a b": "\x00\ufffe",
        "1": None,
        "{c}d": 1.5,
        "Имя": [True, [1, "\r"]],
        "": {"e": "<&>"},
    }
    sandbox.create({**EMAIL, "_fname": "A\x0bnn\t\U0001f600", "address": inner})
    reply = sandbox.post("profiles/get", **EMAIL, db_id=1, format="xml")
    address = (
        "<address><_a_b>\ufffd\ufffd</_a_b><_1></_1><__c_d>1.5</__c_d><Имя>true</Имя><Имя><Имя>1</Имя><Имя>&#13;</Имя></Имя>"
        "<_><e>&lt;&amp;&gt;</e></_></address>"
    )
    assert f"<_fname>A\ufffdnn\t\U0001f600</_fname>{address}" in reply.body.decode()


FORMATS = [
    ({}, JSON_HEADERS, b'{"token":"sandbox-token"}', "json"),
    ({}, JSON_HEADERS, b'{"token":"sandbox-token","format":"xml"}', "xml"),
    ({}, None, xml(""), "xml"),
    ({}, None, xml("<format>json</format>"), "json"),
    ({"xml_answer": "json"}, None, xml(""), "json"),
    ({"xml_answer": "json"}, None, xml("<format>xml</format>"), "xml"),
    ({"xml_answer": "json"}, None, b"<", "json"),
    ({"max_bytes": 10}, None, xml(""), "xml"),
]


@pytest.mark.parametrize(("switches", "headers", "body", "answered"), FORMATS)
def test_format_of_the_answer_is_chosen(open_sandbox, switches, headers, body, answered):
    reply = open_sandbox(**switches).post_xml("databases/list", body, headers)
    assert reply.headers["content-type"] == f"application/{answered}"
    assert reply.body.startswith({"json": b'{"error":', "xml": DECLARATION}[answered])


@pytest.mark.parametrize(
    ("format_", "problem"),
    [
        ("yaml", "format: one of json, xml expected"),
        (1, "format: string expected, int given"),
        (["xml"], "format: string expected, array given"),
    ],
)
def test_unknown_format_is_refused(sandbox, format_, problem):
    assert sandbox.post("databases/list", format=format_).message == {
        "error": 400,
        "error_text": problem,
    }


def test_repeat_gets_the_first_answer(sandbox):
    sandbox.create({**EMAIL, "points": 0})
    body = batch("<points><action>incr</action><value>1</value></points>")
    first, second = (sandbox.post_xml(UPDATE, body, {"Request-ID": "r-1"}) for _ in range(2))
    assert (second.body, second.headers["content-type"]) == (first.body, "application/xml")
    assert second.headers["duplicate-request"] == "true"


SETUP = """
databases: [{id: 7, name: Example, fields: [{name: crm_id, type: int}, {name: tags, type: tags}]}]
resources: [{id: 3, name: Messages, channels: [email, whatsapp], fields: [{name: source, type: string}]}]
"""
EXAMPLE_JSON = """
{
  "token": "sandbox-token", "db_id": 7, "matching": "custom", "field_name": "crm_id", "skip_triggers": true,
  "data": [
    {
      "crm_id": 501, "_fname": "Ann", "email": "ann@example.org", "tags": ["vip", "beta"],
      "subscriptions": [
        {
          "channel": "email", "email_data": {"email": "ann@example.org"}, "resource_id": 3, "status": "subscribed", "priority": 0,
          "custom_fields": {"source": "warehouse"}, "cats": ["news", "offers"]
        },
        {"channel": "whatsapp", "cc_data": {"phone": "+79000000001"}, "resource_id": 3, "status": -1}
      ]
    },
    {"crm_id": 502, "_fname": "Борис & <Ко>", "email": "boris@example.org"}
  ]
}
"""
EXAMPLE_XML = """<xml>
    <token>sandbox-token</token>
    <db_id>7</db_id>
    <matching>custom</matching>
    <field_name>crm_id</field_name>
    <skip_triggers>true</skip_triggers>
    <data>
        <crm_id>501</crm_id>
        <_fname>Ann</_fname>
        <email>ann@example.org</email>
        <tags array='true'>vip</tags>
        <tags array='true'>beta</tags>
        <subscriptions array='true'>
            <channel>email</channel>
            <email_data>
                <email>ann@example.org</email>
            </email_data>
            <resource_id>3</resource_id>
            <status>subscribed</status>
            <priority>0</priority>
            <custom_fields>
                <source>warehouse</source>
            </custom_fields>
            <cats>news</cats>
            <cats>offers</cats>
        </subscriptions>
        <subscriptions array='true'>
            <channel>whatsapp</channel>
            <cc_data>
                <phone>+79000000001</phone>
            </cc_data>
            <resource_id>3</resource_id>
            <status>-1</status>
        </subscriptions>
    </data>
    <data>
        <crm_id>502</crm_id>
        <_fname>Борис &amp; &lt;Ко&gt;</_fname>
        <email>boris@example.org</email>
    </data>
</xml>
"""


@pytest.fixture
def pair(tmp_path):
    """Give two sandboxes that hold the same."""
    (tmp_path / "setup.yaml").write_text(SETUP)
    pair = [
        LocalSandbox(tmp_path / name, setup=tmp_path / "setup.yaml")
        for name in ("json.db", "xml.db")
    ]
    for sandbox in pair:
        whatsapp = {
            "channel": "whatsapp",
            "cc_data": {"phone": "+7 900 000 00 01"},
            "resource_id": 3,
            "status": 5,
        }
        seed = {"crm_id": 501, "subscriptions": [whatsapp]}, {"crm_id": 502}
        sandbox.create(*seed, db_id=7, matching="custom", field_name="crm_id")
    yield pair
    for sandbox in pair:
        sandbox.close()


def stored(sandbox):
    found = [
        sandbox.post(
            "profiles/get", db_id=7, matching="custom", field_name="crm_id", field_value=number
        ).message["data"]
        for number in (501, 502)
    ]
    assert [(profile["_fname"], len(profile["subscriptions"])) for profile in found] == [
        ("Ann", 2),
        ("Борис & <Ко>", 0),
    ]
    return found


def test_example_does_the_same_in_both_formats(pair):
    by_json, by_xml = pair
    answer = by_json.send(UPDATE, EXAMPLE_JSON.encode(), JSON_HEADERS).message
    answered = by_xml.post_xml(UPDATE, EXAMPLE_XML.encode()).message
    assert [result["profile_id"] for result in answered["result"]] == [
        result["profile_id"] for result in answer["result"]
    ]
    assert {result["error"] for result in answered["result"]} == {"0"}
    assert stored(by_xml) == stored(by_json)
    told = [
        {
            name: row[name]
            for name in ("db_id", "matching", "field_name", "skip_triggers", "profiles", "accepted")
        }
        for row in by_xml.journal()
    ]
    assert told[1] == {
        "db_id": 7,
        "matching": "custom",
        "field_name": "crm_id",
        "skip_triggers": True,
        "profiles": 2,
        "accepted": 2,
    }

"""The faults plan, played at requests in XML."""

import pytest
import yaml

from profiles_sandbox.testing import ThreadedSandbox

UPDATE = "profiles/update_batch"
RULE = {"call": UPDATE}

RULES = [
    {
        **RULE,
        "error": {"code": 402, "text": "Tariff limit reached"},
        "when_holds": {"field": "crm_id", "values": [5]},
    },
    {**RULE, "requests": [2, 3, 4], "result": "short"},
    {**RULE, "requests": [5], "result": "long"},
    {**RULE, "requests": [6], "result": "missing"},
    {
        **RULE,
        "requests": [7],
        "body": "<xml><error>0</error></xml>",
        "headers": {"Content-Type": "application/xml"},
    },
]


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory):
    """Give what is answered to requests in XML, the first of which holds 5, the third has one item,
    the others two.
    """
    directory = tmp_path_factory.mktemp("xml")
    (directory / "faults.yaml").write_text(yaml.safe_dump(RULES))
    with ThreadedSandbox(
        directory / "data.db", "--faults", str(directory / "faults.yaml")
    ) as sandbox:
        sandbox.create({"email": "a@example.org", "crm_id": 6})
        item = "<data><crm_id>{}</crm_id></data>"
        data = [
            item.format(5),
            item.format(6) * 2,
            item.format(6),
            item.format(6) * 2,
            *[item.format(6) * 2] * 3,
        ]
        head = "<xml><token>sandbox-token</token><db_id>1</db_id><matching>custom</matching><field_name>crm_id</field_name>"
        yield [
            sandbox.post_xml(UPDATE, f"{head}<!--{number}-->{text}</xml>".encode())
            for number, text in enumerate(data)
        ]


def test_value_in_xml_is_a_condition(spoilt):
    assert spoilt[0].message == {"error": "402", "error_text": "Tariff limit reached"}
    assert spoilt[0].headers["content-type"] == "application/xml"


@pytest.mark.parametrize(("request_", "length"), [(1, 1), (2, 0), (3, 1), (4, 3), (5, 0)])
def test_result_in_xml_has_another_length(spoilt, request_, length):
    assert spoilt[request_].body.count(b"<result><error>0</error>") == length
    assert spoilt[request_].message["error"] == "0"


def test_body_may_be_of_xml(spoilt):
    assert (spoilt[6].message, spoilt[6].headers["content-type"]) == (
        {"error": "0"},
        "application/xml",
    )

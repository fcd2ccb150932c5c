from destination_profiles.service.reply import Item, Reply, read


def xml(inner: str) -> Reply | None:
    return read(f"<xml>{inner}</xml>".encode())


def test_xml_without_results_has_none() -> None:
    assert xml("<error> 401 </error><error_text>no</error_text>") == Reply(401, "no", [])


def test_lone_result_of_xml_is_a_list() -> None:
    assert xml("<error>0</error><result><error>7</error></result>") == Reply(0, None, [Item(7)])


def test_result_of_xml_that_is_a_text_cannot_be_read() -> None:
    assert xml("<error>0</error><result>done</result>") is None
    assert xml("<error>0</error><result> </result>") == Reply(0, None, [])

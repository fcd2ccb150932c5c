from destination_profiles.delivery.bound import Load
from destination_profiles.delivery.in_flight import InFlight, Tries
from unit_tests.delivery.chunks import chunk


def flight(*chunks) -> InFlight:
    made = InFlight()
    for each in chunks:
        made.add(each)
    return made


def test_oldest_leaves_first() -> None:
    later, earlier = chunk(1, first=5), chunk(2, first=3)
    made = flight(later, earlier)
    assert [made.leave(), made.leave(), made.next] == [earlier, later, None]


def test_chunk_waits_for_those_before_it() -> None:
    first, second = chunk(1), chunk(1, first=1)
    second.wait_for(first)
    made = flight(first, second)
    assert (made.leave(), made.next, made.waiting()) == (first, None, {1})
    assert (made.settle(first), made.next) == (first, second)


def test_chunk_of_other_profiles_overtakes() -> None:
    first, second, other = chunk(1), chunk(1, first=1), chunk(2, first=2)
    second.wait_for(first)
    made = flight(first, second, other)
    assert [made.leave(), made.leave()] == [first, other]


def test_open_chunk_that_waited_is_free_when_it_is_sealed() -> None:
    first, second = chunk(1), chunk(1, first=1)
    second.wait_for(first)
    made = flight(first)
    made.settle(made.leave())
    assert (made.next, second.after) == (None, set())
    made.add(second)
    assert made.next is second


def test_chunk_waits_for_all_parts_of_a_refused_one() -> None:
    first, second = chunk(1, 2, 3, 4), chunk(1, first=1)
    second.wait_for(first)
    made = flight(first, second)
    halves = made.leave().parts()
    made.part(first, halves)
    quarters = halves[1].parts()
    made.part(halves[1], quarters)
    assert [made.settle(each) for each in (quarters[0], halves[0], quarters[1])] == [
        None,
        None,
        first,
    ]
    assert made.next is second


def test_load_is_what_waits_to_leave() -> None:
    first, second = chunk(1, 2), chunk(1, first=1)
    second.wait_for(first)
    made = flight(first, second)
    load = made.load()
    assert (load.held, load.records, load.chunks) == (first.held + second.held, 3, 2)
    made.leave()
    assert (made.load().records, len(made)) == (1, 2)


def test_unknown_counts_what_may_have_been_executed() -> None:
    made = flight(chunk(1, 2), chunk(3, first=1), chunk(4, 5, 6, first=2))
    sending, lost, _ = made.leave(), made.leave(), made.leave()
    made.tries[sending].sending = True
    made.tries[lost].unknown = True
    assert made.unknown() == 3


def test_load_falls_by_what_leaves() -> None:
    first, second = chunk(1, 2), chunk(3, first=1, db_id=2)
    made = flight(first, second)
    assert (made.waiting(), made.leave()) == ({1, 2}, first)
    assert made.load() == Load(second.held, 1, 1)


def test_chunk_that_is_put_off_has_failed_for_as_long() -> None:
    first = chunk(1, 2)
    made = flight(first)
    made.leave()
    made.tries[first] = Tries(failures=3, failing_since=5.0)
    later = made.put_off(first, first.divided([[0], [1]]))
    assert made.tries[later] == Tries(failures=3, failing_since=5.0)

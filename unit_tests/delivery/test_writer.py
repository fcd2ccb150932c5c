import pytest

from destination_profiles.config import FieldConfig, StreamConfig, SubscriptionConfig
from destination_profiles.delivery.blame import Resolution
from destination_profiles.delivery.bound import Bound
from destination_profiles.delivery.ledger import Interval
from destination_profiles.delivery.writer import PERCENT_STOPS_FROM
from destination_profiles.errors import (
    BooksDoNotBalance,
    Interrupted,
    MostRejected,
    ProfilesError,
    Refused,
    StoreFailed,
    StoreUnavailable,
    TooManyRejected,
    Unavailable,
)
from destination_profiles.records.changes import Change
from destination_profiles.rejection import Rejection
from destination_profiles.rejects.store import NoStore, RejectStore
from destination_profiles.service.outcome import Accepted, Halve, Outcome, Retry, Stop
from destination_profiles.sync.pump import ABANDON_SECONDS, INTERRUPTED_SECONDS
from unit_tests.delivery.test_keeping import Hearing
from unit_tests.pipeline import ACCEPT, REFUSAL, USERS, Link, Pipeline, codec, held, ids, profiles
from unit_tests.rejects.memory import MemoryStore
from unit_tests.settings import config, target

STOP = Stop(Refused("no", code=401))


class NotingStore(MemoryStore):
    """Notes what happens, in order, together with states."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[str] = []

    def put(self, stream: str, original: bytes, rejection: Rejection, ordinal: int) -> None:
        self.noted.append("put")

    def flush(self) -> None:
        self.noted.append("flush")


class PlacingStore(MemoryStore):
    """Keeps the place of each record in the input."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[tuple[str, bytes, int]] = []

    def put(self, stream: str, original: bytes, rejection: Rejection, ordinal: int) -> None:
        self.places.append((stream, bytes(original), ordinal))


def rejecting(*bad: int):
    """A service's answer that refuses the profiles of some ids."""

    def answer(request) -> Outcome:
        return Accepted(
            {position: REFUSAL for position, each in enumerate(ids(request)) if each in bad}
        )

    return answer


def streams(**more) -> dict:
    return {"users": codec(), "people": codec("people", **more)}


def test_state_leaves_with_its_counts() -> None:
    pipeline = Pipeline(Link(rejecting(2)))
    pipeline.feed(1, 2, 3, "a", 4, "b")
    pipeline.pump.finish()
    assert pipeline.states == [("a", 2, 1), ("b", 1, 0)]


def test_state_waits_for_the_chunk_before_it() -> None:
    link = held()
    pipeline = Pipeline(link)
    pipeline.feed(1, 2, "a", 3, 4, "b")
    link.reply(to=3)
    pipeline.pump.turn()
    assert pipeline.states == []  # the later chunk is answered, the earlier is not
    link.reply(to=1)
    pipeline.pump.turn()
    assert pipeline.states == [("a", 2, 0), ("b", 2, 0)]


def test_state_waits_for_the_deepest_layer_under_it() -> None:
    link = held()
    pipeline = Pipeline(link, max_profiles=10)
    pipeline.feed(1, 2, 1, 1, "a", 3, "b")
    pipeline.writer.seal()
    for left in ([], [], [("a", 4, 0), ("b", 1, 0)]):
        link.reply()
        pipeline.pump.turn()
        assert pipeline.states == left
    assert link.sent == [[1, 2, 3], [1], [1]]


def test_one_profile_updated_ten_thousand_times_is_sent_in_order() -> None:
    link = Link()
    pipeline = Pipeline(link, max_profiles=10_000)
    for number in range(40):
        pipeline.pump.records(USERS, [b'{"id":1}'] * 250)
        pipeline.feed(str(number))
        assert pipeline.writer.load().chunks < 256 + 250
    pipeline.pump.finish()
    assert (len(link.sent), pipeline.states) == (
        10_000,
        [(str(number), 250, 0) for number in range(40)],
    )


def test_state_waits_for_every_part_of_a_refused_chunk() -> None:
    link = held()
    pipeline = Pipeline(link, max_profiles=4)
    pipeline.feed(1, 2, 3, 4, 1, "a")
    pipeline.writer.seal()
    link.reply(Halve(REFUSAL, Unavailable("refused")))
    pipeline.pump.turn()
    link.reply(to=3)
    pipeline.pump.turn()
    assert (link.sent, pipeline.states) == ([[1, 2, 3, 4], [1, 2], [3, 4]], [])
    link.reply(to=1)
    pipeline.pump.turn()
    assert link.sent[3:] == [[1]]
    link.reply()
    pipeline.pump.turn()
    assert pipeline.states == [("a", 5, 0)]


def test_chunks_answered_together_keep_the_books() -> None:
    link = held()
    pipeline = Pipeline(link)
    pipeline.feed(1, 2, "a", 3, 4, "b")
    link.reply()
    link.reply()
    pipeline.pump.turn()
    assert pipeline.states == [("a", 2, 0), ("b", 2, 0)]


def test_chunk_that_may_not_be_sent_yet_holds_its_state() -> None:
    link = Link(lambda request: STOP if 2 in ids(request) else ACCEPT)
    pipeline = Pipeline(link, codecs=streams(settings=config(target=target(2))), max_in_flight=1)
    pipeline.feed(1)
    pipeline.feed(2, stream="people")
    pipeline.writer.checkpoint("g", None)
    with pytest.raises(Refused):
        pipeline.pump.drain()  # both chunks are sealed at once, and only one may be in flight
    assert (link.sent, pipeline.states) == ([[1], [2]], [])


def test_counts_belong_to_their_stream() -> None:
    pipeline = Pipeline(Link(rejecting(3)), codecs=streams(), max_profiles=10)
    pipeline.feed(1, 2)
    pipeline.feed(3, 4, "p", stream="people")
    pipeline.feed("u")
    pipeline.pump.finish()
    assert pipeline.states == [("p", 1, 1), ("u", 2, 0)]


def test_global_state_closes_every_stream() -> None:
    pipeline = Pipeline(Link(rejecting(3)), codecs=streams(), max_profiles=10)
    pipeline.feed(1, 2)
    pipeline.feed(3, stream="people")
    pipeline.writer.checkpoint("g", None)
    pipeline.writer.checkpoint("h", None)
    pipeline.pump.finish()
    assert pipeline.states == [("g", 2, 1), ("h", 0, 0)]


def test_superseded_record_waits_for_the_answer() -> None:
    link = held()
    pipeline = Pipeline(link, codecs={"users": codec(sync_mode="append_dedup")}, max_profiles=3)
    pipeline.feed(1, "a", 1, "b", 2)
    assert (link.sent, pipeline.states) == ([[1, 2]], [])
    link.reply()
    pipeline.pump.turn()
    assert pipeline.states == [("a", 1, 0), ("b", 1, 0)]


def test_superseded_record_shares_a_rejection() -> None:
    codecs = {"users": codec(sync_mode="append_dedup")}
    pipeline = Pipeline(Link(rejecting(1)), codecs=codecs, max_profiles=9)
    pipeline.feed(1, 2, 1, "a")
    pipeline.pump.finish()
    assert pipeline.states == [("a", 1, 2)]
    assert pipeline.writer.tally.table()[2].split()[:4] == ["users", "superseded", "rejected", "1"]


def test_superseded_record_is_stored_with_its_place() -> None:
    store = PlacingStore()
    codecs = {"users": codec(sync_mode="append_dedup")}
    pipeline = Pipeline(Link(rejecting(1)), codecs=codecs, store=store, max_profiles=9)
    pipeline.feed(2, 1, 1, "a")
    pipeline.pump.finish()
    assert store.places == [("users", b'{"id": 1}', 2), ("users", b'{"id": 1}', 1)]


def test_rejections_are_stored_before_the_state() -> None:
    store = NotingStore()
    pipeline = Pipeline(Link(rejecting(1)), store=store)
    pipeline.writer._release_state = lambda safe: store.noted.append(safe.state)
    pipeline.feed(1, 2, "a")
    pipeline.pump.turn()
    assert store.noted == ["put", "flush", "a"]


def test_rejected_record_is_kept_as_it_came() -> None:
    store = MemoryStore()
    pipeline = Pipeline(Link(rejecting(1)), store=store)
    pipeline.feed(1, 2)
    pipeline.pump.finish()
    assert (store.rejected, store.safe) == ([("users", b'{"id": 1}', REFUSAL)], 1)


@pytest.mark.parametrize("step", ["put", "flush"])
def test_no_state_after_a_failed_store(step: str) -> None:
    pipeline = Pipeline(Link(rejecting(1)), store=MemoryStore({step: StoreFailed("full")}))
    pipeline.feed(1, 2, "a", 3, 4, "b")
    with pytest.raises(StoreFailed):
        pipeline.pump.finish()
    assert pipeline.states == []


def test_failed_chunk_holds_every_later_state() -> None:
    link = Link(lambda request: STOP if 3 in ids(request) else ACCEPT)
    pipeline = Pipeline(link, max_in_flight=1)
    pipeline.feed(1, 2, "a", 3, 4, "b", 5, 6, "c")
    with pytest.raises(Refused):
        pipeline.pump.finish()
    pipeline.pump.abandon()
    assert pipeline.states == [("a", 2, 0)]


def test_abandon_awaits_what_is_in_flight() -> None:
    link = held()
    pipeline = Pipeline(link)
    pipeline.feed(1, 2, "a", 3, 4, "b")
    link.reply(STOP, to=3)
    with pytest.raises(Refused):
        pipeline.pump.turn()
    link.held = False
    pipeline.pump.abandon()
    assert (link.sent, pipeline.states) == ([[1, 2], [3, 4]], [("a", 2, 0)])


def test_nothing_is_tried_again_once_the_memory_is_lost() -> None:
    """Another owner may have sent what is newer meanwhile."""

    def lost() -> None:
        raise StoreUnavailable("lost")

    link = Link(lambda _: Retry(Unavailable("no answer")))
    pipeline = Pipeline(link, backoff=lambda _: 10.0, retry_seconds=60)
    pipeline.feed(1, 2)
    pipeline.writer._keeping.settle = lost  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailable):
        pipeline.pump.finish()
    assert len(link.sent) == 1


def test_abandon_sends_nothing_more() -> None:
    link = Link(lambda _: Retry(Unavailable("no answer")))
    pipeline = Pipeline(link, backoff=lambda _: 10.0, retry_seconds=60)
    pipeline.feed(1, 2)
    pipeline.pump.abandon()
    pipeline.pump.abandon()
    assert len(link.sent) == 1


@pytest.mark.parametrize(
    ("interruption", "seconds"),
    [(Interrupted(15), INTERRUPTED_SECONDS), (None, ABANDON_SECONDS)],
)
def test_wait_for_what_is_in_flight_ends(
    interruption: ProfilesError | None, seconds: float
) -> None:
    link = held()
    pipeline = Pipeline(link, heartbeat=lambda _: 7.0)
    pipeline.feed(1, 2)
    link.interruption = interruption
    link.interrupt = None  # type: ignore[assignment] - nobody does it again
    link.wait = waiting(link)  # type: ignore[method-assign]
    pipeline.pump.abandon()
    assert (link.clock.now, pipeline.dispatcher.sending, pipeline.dispatcher.unknown()) == (
        seconds,
        1,
        2,
    )


def waiting(link: Link):
    """A wait in which time passes, whatever else."""
    usual = link.wait

    def wait(seconds: float, source: int | None = None):
        mail = usual(seconds, source)
        if link.interruption is not None:
            link.clock.now += seconds
        return mail

    return wait


def test_interruption_ends_a_wait() -> None:
    link = held()
    pipeline = Pipeline(link, max_in_flight=1)
    pipeline.feed(1, 2, 3, 4)
    link.interrupt(Interrupted(15))
    with pytest.raises(Interrupted):
        pipeline.pump.turn()


def test_answer_that_comes_with_an_interruption_counts() -> None:
    link = held()
    pipeline = Pipeline(link, max_in_flight=1)
    pipeline.feed(1, 2, "a", 3, 4, "b")
    link.reply()
    link.interrupt(Interrupted(15))
    with pytest.raises(Interrupted):
        pipeline.pump.turn()
    assert (pipeline.states, pipeline.dispatcher.sending, link.sent) == ([("a", 2, 0)], 0, [[1, 2]])


def test_answers_beside_one_that_cannot_be_stored_are_with_no_sender() -> None:
    link = held()
    store = MemoryStore({"put": StoreFailed("full")})
    pipeline = Pipeline(link, store=store)
    pipeline.feed(1, 2, 3, 4)
    link.reply(Accepted({0: REFUSAL}))
    link.reply()
    with pytest.raises(StoreFailed):
        pipeline.pump.turn()
    assert pipeline.dispatcher.sending == 0


def test_interruption_comes_before_a_failure() -> None:
    link = held()
    pipeline = Pipeline(link)
    pipeline.feed(1, 2)
    link.reply(STOP)
    link.interrupt(Interrupted(15))
    with pytest.raises(Interrupted):
        pipeline.pump.turn()


def test_too_many_rejections_end_the_sync() -> None:
    pipeline = Pipeline(Link(), max_profiles=10, max_rejected=2)
    for _ in range(2):
        pipeline.writer.records(USERS, [b"{}"])
    with pytest.raises(
        TooManyRejected,
        match=r"More than 2 records .* The most frequent reasons: 3 of users \(profile required",
    ):
        pipeline.writer.records(USERS, [b"{}"])


def share(bad: int, of: int, percent: int = 50) -> tuple[Pipeline, ProfilesError | None]:
    """A sync of so many records, a state after every ten, of which so many are rejected, evenly."""
    culprits = {number * of // bad for number in range(bad)} if bad else set()
    pipeline = Pipeline(Link(rejecting(*culprits)), max_profiles=10, max_rejected_percent=percent)
    try:
        for number in range(of):
            pipeline.feed(number, *([str(number)] if number % 10 == 9 else []))
            pipeline.pump.turn(seconds=0)
        pipeline.pump.finish()
    except MostRejected as error:
        return pipeline, error
    return pipeline, None


@pytest.mark.parametrize(
    ("bad", "of", "percent", "ends"),
    [
        (19, 19, 50, False),
        (11, 20, 50, True),
        (10, 20, 50, False),
        (20, 20, 100, False),
        (1, 20, 0, True),
        (0, 20, 0, False),
        (1200, 2000, 50, True),
        (1000, 2000, 50, False),
    ],
)
def test_sync_that_loses_most_of_its_records_is_no_success(bad, of, percent, ends) -> None:
    assert (share(bad, of, percent)[1] is not None) is ends


def test_no_state_leaves_once_most_are_lost() -> None:
    pipeline, error = share(1200, 2000)
    assert [state for state, *_ in pipeline.states] == ["9"]  # of the first ten
    assert "600 of 1,000 records were rejected, which is more than the 50 percent" in str(error)
    assert "600 of users (service 404: not found)" in str(error)


def test_last_states_stay_where_most_of_few_are_lost() -> None:
    link = held(rejecting(*range(15)))
    pipeline = Pipeline(link, max_profiles=10, max_rejected_percent=50)
    pipeline.feed(*range(10), "a", *range(10, 20), "b")
    link.held = False
    with pytest.raises(MostRejected):
        pipeline.pump.finish()
    assert [state for state, *_ in pipeline.states] == ["a"]


def test_what_is_on_its_way_at_the_end_decides_whether_most_are_lost() -> None:
    """The first thousand records are refused; those that are sent already are accepted."""
    link = held(rejecting(*range(PERCENT_STOPS_FROM)))
    pipeline = Pipeline(link, max_profiles=PERCENT_STOPS_FROM, max_rejected_percent=50)
    pipeline.feed(*range(2 * PERCENT_STOPS_FROM), "a")
    link.held = False
    pipeline.pump.finish()
    assert pipeline.states == [("a", PERCENT_STOPS_FROM, PERCENT_STOPS_FROM)]


def test_state_that_nothing_stands_before_leaves_at_once() -> None:
    pipeline = Pipeline(Link())
    pipeline.feed("a")
    assert pipeline.states == [("a", 0, 0)]


def test_states_leave_again_once_most_arrive() -> None:
    pipeline = Pipeline(Link(rejecting(*range(30))), max_profiles=10, max_rejected_percent=50)
    left = []
    for number in range(90):
        pipeline.feed(number, *([str(number)] if number % 10 == 9 else []))
        pipeline.pump.turn(seconds=0)
        left.append(len(pipeline.states))
    pipeline.pump.finish()
    assert [state for state, *_ in pipeline.states] == [str(at) for at in range(9, 90, 10)]
    assert left[40] < 4 <= left[70]


def test_chunk_is_entered_whole_before_too_many_rejections_end_the_sync() -> None:
    store = NotingStore()
    pipeline = Pipeline(Link(rejecting(1, 2, 3)), store=store, max_profiles=4, max_rejected=0)
    pipeline.feed(1, 2, 3, 4, "a")
    with pytest.raises(TooManyRejected):
        pipeline.pump.finish()
    pipeline.pump.abandon()
    assert (store.noted, pipeline.states) == (["put"] * 3 + ["flush"] * 2, [("a", 1, 3)])


def test_lowered_byte_limit_reaches_later_chunks() -> None:
    refusal = Halve(REFUSAL, Unavailable("too large"), too_large=True)
    link = Link(lambda request: refusal if request.size > 150 else ACCEPT)
    pipeline = Pipeline(link, max_profiles=100, max_in_flight=1)
    pipeline.feed(*range(100, 200), "a")
    pipeline.pump.drain()
    pipeline.feed(*range(200, 300), "b")
    pipeline.pump.finish()
    assert len(link.sent[0]) == 100
    assert max(len(sent) for sent in link.sent if sent[0] >= 200) < 12  # a body of 150 bytes
    assert pipeline.states == [("a", 100, 0), ("b", 100, 0)]


def test_unbalanced_books_stop_the_state() -> None:
    pipeline = Pipeline(Link())
    pipeline.feed(1)
    pipeline.writer.ledger.interval("users").read += 1  # a record that never came
    pipeline.feed("a")
    with pytest.raises(
        BooksDoNotBalance, match="out by 1: 2 read, 1 accepted, 0 rejected, 0 superseded"
    ):
        pipeline.pump.finish()
    assert pipeline.states == []


def test_unbalanced_books_fail_the_end() -> None:
    pipeline = Pipeline(Link())
    pipeline.feed(1)
    pipeline.writer.ledger.settle(Interval("users"), accepted=1)
    with pytest.raises(BooksDoNotBalance, match="out by -1"):
        pipeline.pump.finish()


def test_invalid_record_is_rejected_alone() -> None:
    link = Link()
    pipeline = Pipeline(link, max_profiles=10)
    pipeline.writer.records(USERS, [b'{"id":1}', b'{"id":null}', b"[]", b'{"id":2}'])
    pipeline.feed("a")
    pipeline.pump.finish()
    assert (link.sent, pipeline.states) == ([[1, 2]], [("a", 2, 2)])


def test_patience_ends_when_a_chunk_is_due() -> None:
    link = held()
    pipeline = Pipeline(link, heartbeat=lambda _: 1000.0)
    pipeline.pump.turn()
    pipeline.feed(1)
    pipeline.pump.turn()
    assert link.waits == [1000.0, 60.0]
    assert link.sent == [[1]]


def test_bound_of_records_seals_the_lowest_layer() -> None:
    link = held()
    pipeline = Pipeline(link, max_profiles=10, bound=Bound(10**6, 4, 100))
    pipeline.feed(1, 2, 1)
    assert (link.sent, pipeline.writer.has_room()) == ([], True)
    pipeline.feed(1)
    assert (link.sent, pipeline.writer.has_room()) == ([[1, 2]], True)
    pipeline.feed(1, 1)
    assert (pipeline.writer.load().records, pipeline.writer.load().chunks) == (4, 4)
    assert (link.sent, pipeline.writer.has_room()) == ([[1, 2]], False)


def test_bound_of_states_seals_what_they_wait_for() -> None:
    link = held()
    pipeline = Pipeline(link, max_profiles=10, bound=Bound(10_000, 1000, 100))
    pipeline.feed(1)
    pipeline.writer.checkpoint("a", USERS, 20_000)
    assert not pipeline.writer.has_room()
    assert link.sent == [[1]]
    link.reply()
    pipeline.pump.turn()
    assert (pipeline.states, pipeline.writer.has_room()) == ([("a", 1, 0)], True)


def test_full_bound_does_not_seal_behind_a_chain() -> None:
    """What is below them waits already; so the layers go on filling, once there is room."""
    link = held()
    pipeline = Pipeline(link, max_profiles=10, bound=Bound(10**6, 3, 100))
    pipeline.feed(1, 1, 1, 1, 1, 1)
    assert (len(pipeline.dispatcher), pipeline.writer.load().records) == (2, 5)


def test_other_database_is_not_held_up_by_a_chain() -> None:
    link = held()
    codecs = streams(settings=config(target=target(2)))
    pipeline = Pipeline(link, codecs=codecs, max_profiles=10, bound=Bound(10**6, 3, 100))
    pipeline.feed(1, 1, 1, 1)
    pipeline.feed(7, stream="people")
    assert link.sent == [[1], [7]]


def test_source_is_not_read_while_a_chunk_waits_for_a_sender() -> None:
    link = held()
    pipeline = Pipeline(link, max_in_flight=2, max_profiles=1)
    pipeline.feed(1, 2)
    assert pipeline.writer.has_room()
    pipeline.feed(3)
    assert not pipeline.writer.has_room()
    link.reply()
    pipeline.pump.turn()
    assert pipeline.writer.has_room()


def test_unknown_stream_is_counted() -> None:
    pipeline = Pipeline(Link())
    pipeline.writer.records((None, "strangers"), [b"{}", b"{}"])
    pipeline.writer.faulty((None, "strangers"), b"{}", REFUSAL)
    assert (pipeline.writer.strangers.told(), pipeline.writer.read) == ("strangers (3)", 0)


def test_faulty_record_is_rejected_with_its_reason() -> None:
    store = MemoryStore()
    pipeline = Pipeline(Link(), store=store)
    pipeline.feed(1)
    pipeline.writer.faulty(USERS, b"{", REFUSAL)
    pipeline.feed("a")
    pipeline.pump.finish()
    assert (pipeline.states, store.rejected) == ([("a", 1, 1)], [("users", b"{", REFUSAL)])


def test_rejected_record_is_stored_with_its_place() -> None:
    store = PlacingStore()
    pipeline = Pipeline(Link(rejecting(2)), store=store, max_profiles=10)
    pipeline.writer.records(USERS, [b'{"id":1}', b'{"id":null}', b'{"id":2}', b'{"id":3}'])
    pipeline.writer.faulty(USERS, b"{", REFUSAL)
    pipeline.pump.finish()
    assert store.places == [
        ("users", b'{"id":null}', 1),
        ("users", b"{", 4),
        ("users", b'{"id":2}', 2),
    ]


def test_value_that_is_not_the_sources_is_left_out() -> None:
    sent: list[dict] = []
    link = Link(lambda request: sent.extend(profiles(request)) or ACCEPT)
    pipeline = Pipeline(link)
    nulled = [Change("city", "NULLED"), Change("name", "RETYPED")]
    pipeline.writer.changed(USERS, b'{"id":1,"city":null,"name":"Ann"}', nulled)
    pipeline.writer.changed((None, "strangers"), b"{}", nulled)
    pipeline.pump.finish()
    assert sent == [{"id": 1, "name": "Ann"}]
    why = "is not the value that the source has (for a reason that is not known)"
    assert pipeline.writer.omitted.table() == [
        "stream  step    code    left out  reason",
        f"users   source  NULLED         1  $.* {why}, so what is stored stays",
    ]
    assert pipeline.writer.strangers.told() == "strangers (1)"


class AllButTheFirst:
    """A memory that knows the first record of each batch."""

    def __init__(self) -> None:
        self.unsettled: list[int] = []

    def changed(self, batch, route, unsettled):
        self.unsettled.append(len(unsettled))
        return batch.part(1, len(batch)), [0]

    def answered(self, resolution) -> None:
        pass

    def settle(self) -> None:
        pass


def test_unchanged_record_is_not_sent() -> None:
    link, memory = held(), AllButTheFirst()
    pipeline = Pipeline(link, remembering=memory, max_profiles=10)
    for numbers in ((1, 2, 3), (4, 5)):
        pipeline.writer.records(USERS, [b'{"id":%d}' % number for number in numbers])
    pipeline.feed("a")
    pipeline.writer.seal()
    link.reply()
    pipeline.pump.turn()
    totals = pipeline.writer.ledger.totals["users"]
    assert (link.sent, pipeline.states) == ([[2, 3, 5]], [("a", 5, 0)])
    assert (totals.read, totals.accepted, totals.unchanged) == (5, 3, 2)
    assert memory.unsettled == [0, 2]


def test_recorder_hears_each_record_before_its_state_leaves() -> None:
    hearing, deleted = Hearing(), b'{"id":3,"_ab_cdc_deleted_at":"2026-11-01"}'
    pipeline = Pipeline(Link(rejecting(2)), recorder=hearing)
    pipeline.feed(1, 2)
    pipeline.writer.records(USERS, [b'{"id":null}', deleted])
    pipeline.feed("a")
    pipeline.pump.turn()
    rejected, left_out, answered = hearing.heard
    assert isinstance(answered, Resolution)
    assert (ids(answered.chunk), list(answered.rejected)) == ([1, 2], [1])
    assert (*rejected[:2], rejected[3]) == ("users", b'{"id":null}', 2)
    assert left_out == ("users", [deleted], 3)
    assert (hearing.begun, pipeline.states) == (2, [])
    hearing.safe = 2
    pipeline.pump.finish()
    assert pipeline.states == [("a", 2, 2)]


@pytest.mark.parametrize(("store", "keeps"), [(NoStore(), False), (MemoryStore(), True)])
def test_store_tells_whether_it_keeps_rejected_records(store: RejectStore, keeps: bool) -> None:
    assert Pipeline(Link(), store=store).writer.keeps_rejected is keeps


def test_sealed_chunks_are_counted() -> None:
    pipeline = Pipeline(Link())
    pipeline.feed(1, 2, 3, 4, 5)
    pipeline.pump.finish()
    assert pipeline.writer.chunks == 3


def test_end_by_too_many_tells_the_kinds() -> None:
    pipeline = Pipeline(Link(), max_rejected=2)
    with pytest.raises(TooManyRejected) as raised:
        pipeline.writer.records(USERS, [b"[]", b'{"id":null}', b"[]"])
    top = pipeline.writer.tally.top()
    assert len(top) == 2 and top[0].startswith("2 of users (")
    assert str(raised.value) == str(TooManyRejected(2, f"{top[0]}; {top[1]}"))


def test_deleted_row_is_read_and_left_out() -> None:
    store, link = MemoryStore(), Link()
    pipeline = Pipeline(link, store=store)
    deleted = b'{"id":2,"_ab_cdc_deleted_at":"2026-11-01"}'
    pipeline.writer.records(USERS, [b'{"id":1}', deleted, deleted, b'{"id":3}'])
    pipeline.feed("a")
    assert pipeline.writer.read == 4
    pipeline.pump.finish()
    totals = pipeline.writer.ledger.totals["users"]
    assert (totals.read, totals.accepted, totals.deleted) == (4, 2, 2)
    assert (link.sent, store.rejected, pipeline.states) == ([[1, 3]], [], [("a", 4, 0)])


def test_subscriptions_of_all_streams_are_counted() -> None:
    parts = (FieldConfig("status", "news", type="status"),)
    mail = SubscriptionConfig("email", 28, (FieldConfig("email", "mail", type="string"),), parts)
    stream = {"fields": (FieldConfig("id", "id"),), "subscriptions": (mail,)}
    made = config(streams=[StreamConfig(name, **stream) for name in ("users", "people")])
    codecs = {name: codec(name, settings=made) for name in ("users", "people")}
    pipeline = Pipeline(Link(), codecs=codecs)
    pipeline.writer.records(USERS, [b'{"id":1,"mail":"a","news":"subscribed"}'] * 2)
    pipeline.writer.records((None, "people"), [b'{"id":2,"mail":"b","news":"subscribed"}'])
    assert pipeline.writer.subscriptions() == {("email", 28, "subscribed"): 3}

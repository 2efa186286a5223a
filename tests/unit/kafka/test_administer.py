"""Topics."""

from __future__ import annotations

from exactbi.errors import TOPICS_DIFFER, TOPICS_MISSING
from exactbi.kafka.administer import PLANS, not_as_planned, partition_of
from exactbi.messages.topics import TOPICS


def test_every_topic_has_a_plan() -> None:
    assert set(PLANS) == set(TOPICS)


def test_keys_go_where_the_java_client_puts_them() -> None:
    # murmur2 of the Java client, as its own tests state it: org.apache.kafka.common.utils.UtilsTest.
    assert partition_of(b"foobar", 2**31) == -790332482 & 0x7FFFFFFF
    assert partition_of(b"a-little-bit-long-string", 2**31) == -985981536 & 0x7FFFFFFF


def test_missing_topics_are_told_from_those_that_must_be_made_anew() -> None:
    assert not_as_planned({"rows": 0, "failures": 0}).code is TOPICS_MISSING
    differ = not_as_planned({"rows": 1, "failures": 0})
    assert (differ.code, str(differ)) == (TOPICS_DIFFER, "partitions differ: rows has 1, not 6")

"""Random streams: one an agent, the same whoever else draws."""

import json

import numpy as np
import pytest

from har_lib.streams import Streams


def test_an_agent_draws_the_same_whatever_the_others_do():
    few, many = Streams(3, 2), Streams(3, 7)
    many.swarm.random(100)
    assert np.array_equal(few.uniform((5,)), many.uniform((5,))[:2])
    many.agents[0].random(11)
    assert np.array_equal(few.uniform((5,))[1], many.uniform((5,))[1])
    assert not np.array_equal(few.uniform((5,))[0], many.uniform((5,))[0])


def test_streams_are_those_that_numpy_spawns():
    children = np.random.SeedSequence(9).spawn(4)
    streams = Streams(9, 3)
    assert streams.swarm.random() == np.random.default_rng(children[0]).random()
    for row, child in zip(streams.uniform((6,)), children[1:], strict=True):
        assert np.array_equal(row, np.random.default_rng(child).random(6))


@pytest.mark.parametrize("seed", [4, np.random.SeedSequence(4, spawn_key=(2,))])
def test_a_seed_can_be_used_twice(seed):
    assert np.array_equal(Streams(seed, 3).uniform((2,)), Streams(seed, 3).uniform((2,)))


def test_children_of_one_seed_differ_from_each_other_and_from_it():
    root = np.random.SeedSequence(4)
    drawn = [Streams(each, 2).uniform((3,)) for each in (root, *root.spawn(2))]
    assert len({row.tobytes() for rows in drawn for row in rows}) == 6
    assert len({json.dumps(Streams(each, 1).seed) for each in (root, *root.spawn(2))}) == 3


def test_streams_go_on_where_they_were_kept():
    streams = Streams(1, 3)
    streams.uniform((4,))
    kept = json.loads(json.dumps(streams.state()))
    wanted = streams.uniform((4,)), streams.swarm.random()
    other = Streams(2, 3)
    other.restore(kept)
    assert np.array_equal(other.uniform((4,)), wanted[0])
    assert other.swarm.random() == wanted[1]


def test_keeping_is_no_drawing():
    streams, plain = Streams(1, 3), Streams(1, 3)
    streams.state()
    assert np.array_equal(streams.uniform((4,)), plain.uniform((4,)))

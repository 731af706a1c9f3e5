"""A small world of one source, its landing and its warehouse."""

import pytest

from bizops_pipeline_tests.landing.support import World


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    world.engine.close()

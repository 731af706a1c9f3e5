import socket

import pytest

from bizops_pipeline_tests.conftest import shared_folder


def test_another_machine_cannot_be_reached():
    with socket.socket() as connection, pytest.raises(RuntimeError, match=r"tried to reach \('192\.0\.2\.1'"):
        connection.connect(("192.0.2.1", 80))
    with pytest.raises(RuntimeError, match="without a network"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_this_machine_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()


def test_missing_shared_material_skips(monkeypatch, tmp_path):
    monkeypatch.setenv("BIZOPS_SHARED", str(tmp_path))
    with pytest.raises(pytest.skip.Exception, match="BIZOPS_SHARED"):
        shared_folder("datasets")
    (tmp_path / "datasets").mkdir()
    assert shared_folder("datasets") == tmp_path / "datasets"

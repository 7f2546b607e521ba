"""Taking the port: every refusal names the fix, and nothing keeps the port that failed."""

from __future__ import annotations

import errno
import logging
import socket
from pathlib import Path

import pytest

from api_docs.errors import ConfigurationError, MissingIndex
from service import server
from service.logs import SERVICE, log_config
from service.settings import LogLevel, Settings


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_port_in_use_is_named_with_the_fix(port: int) -> None:
    with server.bind("127.0.0.1", port) as first:
        first.listen()
        with pytest.raises(ConfigurationError, match=rf"port {port} .* in use.*--port"):
            server.bind("127.0.0.1", port)


def test_a_foreign_address_is_refused(port: int) -> None:
    with pytest.raises(ConfigurationError, match="no address '203.0.113.7'.*--host"):
        server.bind("203.0.113.7", port)


def test_an_unknown_host_is_refused(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(ConfigurationError, match="'nowhere'.*Name or service not known.*--host"):
        server.bind("nowhere", port)


@pytest.mark.parametrize(("number", "said"), [(errno.EACCES, "above 1023"), (errno.EIO, "--host and --port")])
def test_whatever_the_system_says_is_told(
    monkeypatch: pytest.MonkeyPatch, port: int, number: int, said: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(ConfigurationError, match=said):
        server.bind("127.0.0.1", port)


def test_a_start_that_fails_gives_the_port_back(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    def fail(*_: object) -> None:
        raise MissingIndex("no index")

    monkeypatch.setattr(server, "open_runtime", fail)
    with pytest.raises(MissingIndex):
        server.prepare(Settings(port=port))
    server.bind("127.0.0.1", port).close()


def test_an_open_address_without_keys_is_refused_before_the_port_is_taken(
    monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    monkeypatch.setattr(server, "bind", lambda *_: pytest.fail("the port was taken"))
    with pytest.raises(ConfigurationError, match="CALLSMITH_ALLOW_ANONYMOUS"):
        server.prepare(Settings(host="0.0.0.0", port=port))  # noqa: S104 - it is refused


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 - it is refused
def test_keys_that_are_set_must_be_there_on_every_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, port: int, host: str
) -> None:
    monkeypatch.setattr(server, "bind", lambda *_: pytest.fail("the port was taken"))
    with pytest.raises(ConfigurationError, match="callsmith keys add"):
        server.prepare(Settings(host=host, port=port, keys=tmp_path / "keys.json"))


def test_ipv6_is_taken_where_the_machine_has_it(port: int) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with server.bind(Settings(host="[::1]").host, port) as listener:
        assert listener.family == socket.AF_INET6


def test_a_worker_that_can_not_start_says_why_and_tells_the_supervisor(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CALLSMITH_PORT", "http")
    with caplog.at_level(logging.ERROR, SERVICE), pytest.raises(SystemExit) as caught:
        server.worker_app()
    assert caught.value.code == server.STARTUP_FAILURE
    assert "CALLSMITH_PORT" in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("level", list(LogLevel))
def test_uvicorn_is_never_louder_than_asked(level: LogLevel) -> None:
    config = log_config(Settings(log_level=level))
    ours, theirs = config["loggers"]["callsmith"]["level"], config["loggers"]["uvicorn"]["level"]
    assert ours == level.upper()
    assert getattr(logging, theirs) >= getattr(logging, ours)

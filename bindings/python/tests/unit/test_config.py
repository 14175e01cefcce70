from __future__ import annotations

from pathlib import Path

import pytest

from realtime_sidecar import config
from realtime_sidecar.errors import ConfigurationError


def socket_of(tmp_path: Path, text: str, **environment: str) -> str:
    (tmp_path / "config").mkdir(exist_ok=True)
    (tmp_path / "config" / "realtime.yml").write_text(text)
    return config.load({"root": str(tmp_path)}, environment).socket


def test_defaults_need_nothing(tmp_path: Path) -> None:
    got = config.load({"root": str(tmp_path)}, {})
    assert got.socket_path == str(tmp_path / "tmp/realtime.sock")
    assert (got.handler_threads, got.buffer_bytes) == (2, 8 << 20)


def test_the_environment_names_every_setting(tmp_path: Path) -> None:
    env = {
        "REALTIME_HANDLER_THREADS": "5",
        "REALTIME_EMIT_TIMEOUT": "1500ms",
        "REALTIME_NAMESPACES": "/, /a",
    }
    got = config.load({"root": str(tmp_path)}, env)
    assert (got.handler_threads, got.emit_timeout, got.namespaces) == (5, 1.5, ("/", "/a"))


def test_the_sidecars_own_variables_are_not_looked_at(tmp_path: Path) -> None:
    config.load({"root": str(tmp_path)}, {"REALTIME_CONNECT_TIMEOUT": "45s", "REALTIME_X": "y"})


def test_the_socket_comes_from_the_environment_before_all(tmp_path: Path) -> None:
    settings = {"root": str(tmp_path), "socket": "unix:set.sock"}
    assert config.load(settings, {}).socket == "set.sock"
    assert config.load(settings, {"REALTIME_SOCKET": "env.sock"}).socket == "env.sock"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("socket: /run/a.sock", "/run/a.sock"),
        ("listen: :8000\nsocket:   run/a.sock   # ours\n", "run/a.sock"),
        ("socket: 'a b.sock'", "a b.sock"),
        ('socket: "a.sock" # x', "a.sock"),
        ("socket: ${DIR}/a.sock", "/d/a.sock"),
        ("socket: unix:/run/a.sock", "/run/a.sock"),
        ("socket: a\nproduction:\n  socket: p\n", "p"),
        ("socket: ${UNSET:-tmp}/a.sock", "tmp/a.sock"),
        ("staging:\n  socket: s\n", config.DEFAULT_SOCKET),
        ("socket: a\ntest:\n  socket: t\n", "a"),
        ("production: # the real one\n  socket: p\nsocket: a\n", "p"),
        ("# socket: no\nother: 1\n", config.DEFAULT_SOCKET),
        ("log:\n  socket: not-ours\n", config.DEFAULT_SOCKET),
    ],
)
def test_the_file_gives_its_socket(tmp_path: Path, text: str, expected: str) -> None:
    assert socket_of(tmp_path, text, DIR="/d", REALTIME_ENV="production") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("native: true", True),
        ("native: 'false'\nproduction:\n  native: True", True),
        ("native: 1\nproduction:\n  native: 0", False),
        ("native: ${NATIVE:-true}", True),
        ("listen: :8000", False),
    ],
)
def test_the_file_says_whether_the_server_is_inside(
    tmp_path: Path, text: str, expected: bool
) -> None:
    (tmp_path / "realtime.yml").write_text(text)
    settings = {"root": str(tmp_path)}
    assert config.load(settings, {}).native == expected
    assert config.load({**settings, "native": not expected}, {}).native != expected
    variable = {"REALTIME_NATIVE": str(expected)}
    assert config.load({**settings, "native": not expected}, variable).native == expected


@pytest.mark.parametrize("text", ["native: yes", "native: [true]", "native: maybe"])
def test_whether_the_server_is_inside_must_be_certain(tmp_path: Path, text: str) -> None:
    (tmp_path / "realtime.yml").write_text(text)
    with pytest.raises(ConfigurationError, match="REALTIME_NATIVE"):
        config.load({"root": str(tmp_path)}, {})
    with pytest.raises(ConfigurationError, match="native"):
        config.load({"native": 1}, {})


def test_a_file_that_is_the_sidecars_alone_matters_only_for_the_socket(tmp_path: Path) -> None:
    environment = {"REALTIME_CONFIG": str(tmp_path / "not ours to read.yml")}
    assert not config.load({"socket": "s"}, environment).native
    with pytest.raises(ConfigurationError, match="there is no file"):
        config.load({}, environment)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [({}, "p"), ({"DJANGO_ENV": "staging"}, "s"), ({"REALTIME_ENV": "", "RACK_ENV": "x"}, "a")],
)
def test_the_section_is_chosen_as_the_sidecar_chooses(
    tmp_path: Path, environment: dict[str, str], expected: str
) -> None:
    text = "socket: a\nproduction:\n  socket: p\nstaging:\n  socket: s\n"
    assert socket_of(tmp_path, text, **environment) == expected


@pytest.mark.parametrize(
    "text",
    [
        "socket: [a, b]",
        "socket: |\n  a",
        "socket: &x a",
        'socket: "a\\n"',
        "socket:",
        "socket: <%= x %>",
        "socket: ${UNSET}/a",
        "socket: $HOME/a",
        "socket: tcp://1.2.3.4:5",
    ],
)
def test_what_is_not_certain_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError):
        socket_of(tmp_path, text)


@pytest.mark.parametrize(
    "settings",
    [
        {"sockets": "a"},
        {"handler_threads": 0},
        {"handler_threads": "2"},
        {"emit_timeout": -1},
        {"emit_timeout": "soon"},
        {"socket": 3},
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(settings))):
        config.load(settings, {})


def test_a_path_too_long_for_a_socket_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="longer than"):
        config.load({"socket": "/" + "x" * 120}, {})


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="REALTIME_CONFIG"):
        config.load({"root": str(tmp_path)}, {"REALTIME_CONFIG": "absent.yml"})


def test_the_token_is_not_shown() -> None:
    assert "s3cret" not in repr(config.load({"token": "s3cret"}, {}))

"""What the environment may say, and what is said about what it may not."""

import json

import pytest

from vote.settings import SettingsInvalidError, load_settings


def options(count: int) -> str:
    return json.dumps([{"id": chr(97 + n), "label": f"Option {n}", "color": "#00ff00"} for n in range(count)])


def test_an_empty_environment_gives_cats_and_dogs() -> None:
    settings = load_settings()
    assert (settings.port, settings.redis_host, settings.redis_port) == (8080, "redis", 6379)
    assert settings.poll_title == "Vote Now!"
    assert [(option.id, option.label, option.color) for option in settings.poll_options] == [
        ("a", "Cats", "#1aaaf8"),
        ("b", "Dogs", "#00cbca"),
    ]


def test_the_environment_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9000")
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("POLL_TITLE", "Tea?")
    monkeypatch.setenv("POLL_OPTIONS", options(10))
    monkeypatch.setenv("REDIS_PORT", "")
    settings = load_settings()
    assert (settings.port, settings.log_level, settings.poll_title) == (9000, "debug", "Tea?")
    assert len(settings.poll_options) == 10
    assert settings.redis_port == 6379


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("PORT", "http", "PORT: Input should be a valid integer"),
        ("PORT", "70000", "PORT: Input should be less than or equal to 65535"),
        (
            "LOG_LEVEL",
            "loud",
            "LOG_LEVEL: Input should be 'debug', 'info', 'warning' or 'error' (it is 'loud')",
        ),
        (
            "REDIS_PORT",
            "tcp://10.0.0.1:6379",
            "REDIS_PORT: must be a number. Kubernetes puts such a URL there",
        ),
        ("POLL_TITLE", "  ", "POLL_TITLE: String should have at least 1 character"),
        ("POLL_OPTIONS", "Cats,Dogs", "POLL_OPTIONS: Invalid JSON"),
        ("POLL_OPTIONS", options(1), "POLL_OPTIONS: a poll has 2 to 10 options, but here are 1"),
        ("POLL_OPTIONS", options(11), "POLL_OPTIONS: a poll has 2 to 10 options, but here are 11"),
        ("POLL_OPTIONS", options(2).replace('"b"', '"a"'), "these are repeated: a"),
        ("POLL_OPTIONS", options(2).replace('"b"', '"B"'), "POLL_OPTIONS[1].id: String should match pattern"),
        (
            "POLL_OPTIONS",
            options(2).replace("Option 0", "x" * 51),
            "POLL_OPTIONS[0].label: String should have at most 50",
        ),
        (
            "POLL_OPTIONS",
            options(2).replace("Option 0", " "),
            "POLL_OPTIONS[0].label: String should have at least 1",
        ),
        (
            "POLL_OPTIONS",
            options(2).replace("#00ff00", "green"),
            "POLL_OPTIONS[0].color: String should match pattern",
        ),
        (
            "POLL_OPTIONS",
            options(2).replace("#00ff00", "#00ff00\\n"),
            "POLL_OPTIONS[0].color: String should match",
        ),
    ],
)
def test_a_bad_value_is_named_and_explained(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsInvalidError) as caught:
        load_settings()
    assert says in str(caught.value)


def test_all_that_is_wrong_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "x")
    monkeypatch.setenv("LOG_LEVEL", "y")
    with pytest.raises(SettingsInvalidError, match=r"PORT: .*; LOG_LEVEL: "):
        load_settings()

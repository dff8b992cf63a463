"""What the environment says, checked once at start so that a typing error never reaches a voter."""

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Json,
    StringConstraints,
    ValidationError,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MIN_OPTIONS = 2
MAX_OPTIONS = 10


class SettingsInvalidError(Exception):
    """The environment does not describe a service that could run; the message names each variable."""


class Option(BaseModel):
    """One thing a voter can choose."""

    model_config = ConfigDict(frozen=True)

    id: Annotated[str, StringConstraints(pattern=r"^[a-z]$")]
    label: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
    color: Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")]


DEFAULT_OPTIONS = (
    Option(id="a", label="Cats", color="#1aaaf8"),
    Option(id="b", label="Dogs", color="#00cbca"),
)


def _lower(value: str) -> str:
    return value.lower()


class Settings(BaseSettings):
    """Every setting, named as its environment variable is, in lower case."""

    # An empty variable means "not set": that is what a template with nothing to fill in leaves behind.
    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True, validate_default=False)

    port: int = Field(default=8080, ge=1, le=65535)
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = "info"
    web_concurrency: int = Field(default=2, ge=1, le=64)
    web_threads: int = Field(default=16, ge=1, le=256)

    redis_host: str = "redis"
    redis_port: int = Field(default=6379, ge=1, le=65535)

    poll_title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] = (
        "Vote Now!"
    )
    # NoDecode and Json: broken JSON is then one more ValidationError, not an exception of another kind.
    poll_options: Annotated[Json[tuple[Option, ...]], NoDecode] = DEFAULT_OPTIONS

    @field_validator("redis_port", mode="before")
    @classmethod
    def _explain_service_link(cls, value: object) -> object:
        """Say where a URL comes from: Kubernetes sets one beside a Service named redis."""
        if isinstance(value, str) and "://" in value:
            raise ValueError(
                "must be a number. Kubernetes puts such a URL there for a Service named redis: "
                "set REDIS_PORT in the pod, or enableServiceLinks: false"
            )
        return value

    @field_validator("poll_options")
    @classmethod
    def _check_options(cls, options: tuple[Option, ...]) -> tuple[Option, ...]:
        if not MIN_OPTIONS <= len(options) <= MAX_OPTIONS:
            raise ValueError(
                f"a poll has {MIN_OPTIONS} to {MAX_OPTIONS} options, but here are {len(options)}"
            )
        ids = [option.id for option in options]
        repeated = sorted({option_id for option_id in ids if ids.count(option_id) > 1})
        if repeated:
            raise ValueError(
                f"every option needs an id of its own, but these are repeated: {', '.join(repeated)}"
            )
        return options


def load_settings() -> Settings:
    """Read the environment, or say all that is wrong with it in one sentence each."""
    try:
        return Settings()
    except ValidationError as invalid:
        problems = "; ".join(_describe(problem) for problem in invalid.errors())
        raise SettingsInvalidError(f"Cannot start, please correct the environment: {problems}") from invalid


def _describe(problem: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails, whose `input` is anything at all
    variable, *inside = problem["loc"]
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in inside)
    message = problem["msg"].removeprefix("Value error, ")
    return f"{str(variable).upper()}{place}: {message} (it is {problem['input']!r})"

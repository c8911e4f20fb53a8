"""Which model is asked: any server that speaks OpenAI's chat completions, named by settings; none means templates."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from pydantic_ai.models.openai import OpenAIChatModel

# What one answer may be long; a message has at most 180 words.
_MOST_TOKENS = 1200
TEMPLATE = "template"
LEXICON = "lexicon"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One model at one address. Prices in US dollars per million tokens; `timeout` seconds for a whole run."""

    base_url: str
    model: str
    api_key: str = field(default="", repr=False)
    price_in: float = 0.0
    price_out: float = 0.0
    timeout: float = 30.0

    def cost_micros(self, input_tokens: int, output_tokens: int) -> int:
        """Millionths of a US dollar: a price per million tokens is millionths per token. Rounded up."""
        exact = input_tokens * self.price_in + output_tokens * self.price_out
        return int(exact) + (exact > int(exact))


def endpoint() -> Endpoint | None:
    """The configured model, or None."""
    given: dict[str, Any] = settings.AGENT
    return Endpoint(**given) if given["base_url"] and given["model"] else None


def client_of(where: Endpoint) -> "AsyncOpenAI":
    """A client for one run. It never tries again by itself: the run's own deadline and fallback decide."""
    from openai import AsyncOpenAI

    return AsyncOpenAI(base_url=where.base_url, api_key=where.api_key or "none", max_retries=0, timeout=where.timeout)


def model_of(where: Endpoint, client: "AsyncOpenAI") -> "OpenAIChatModel":
    """The model as pydantic-ai knows it, with nothing assumed that only OpenAI's own service has."""
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider
    from pydantic_ai.settings import ModelSettings

    provider = OpenAICompatibleProvider("configured", openai_client=client)
    return OpenAIChatModel(
        where.model, provider=provider, settings=ModelSettings(max_tokens=_MOST_TOKENS, temperature=0.4)
    )

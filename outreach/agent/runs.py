"""One question to the model: asked under one deadline, its answers judged, its cost counted, all of it kept."""

import asyncio
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_ai import Agent, ModelRetry, PromptedOutput, UsageLimits
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse, TextPart
from pydantic_ai.models.fallback import FallbackModel
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import RunContext

from outreach.agent import models
from outreach.agent.models import Endpoint
from outreach.agent.prompts import Prompt
from outreach.agent.reports import Report

Out = TypeVar("Out", bound=BaseModel)

# One answer, and one more after being told what was wrong with it.
_REPAIRS = 1


@dataclass(slots=True)
class _Course:
    """What happened on the way: denied answers with their reasons, failures of the server, tokens."""

    denied: list[tuple[str, list[str]]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def fallback_reason(self) -> str:
        if self.failures:
            return f"the model failed: {self.failures[-1]}"
        return "denied twice: " + "; ".join(self.denied[-1][1]) if self.denied else ""


def ask(
    *,
    where: Endpoint,
    prompt: Prompt,
    question: str,
    shape: type[Out],
    judge: Callable[[Out], list[str]],
    instead: Callable[[], Out | None],
) -> tuple[Out | None, Report]:
    """The model's answer in `shape` that `judge` objects to in nothing; else what `instead` gives, judged too.

    A first answer that is denied is repaired once, told why. None: nothing passed; the report says why.
    """
    return asyncio.run(_ask(where, prompt, question, shape, judge, instead))


async def _ask(
    where: Endpoint,
    prompt: Prompt,
    question: str,
    shape: type[Out],
    judge: Callable[[Out], list[str]],
    instead: Callable[[], Out | None],
) -> tuple[Out | None, Report]:
    course, client = _Course(), models.client_of(where)
    agent = _agent(where, client, prompt, shape, judge, instead, course)
    # From here: what a process does once, like loading the client's library, is not the model's time.
    started = time.monotonic()

    def until_deadline(_: RunContext[None]) -> ModelSettings:
        return ModelSettings(request_timeout=max(0.05, where.timeout - (time.monotonic() - started)))

    output, messages, answered = None, [], models.TEMPLATE
    try:
        result = await agent.run(
            question, model_settings=until_deadline, usage_limits=UsageLimits(request_limit=_REPAIRS + 2)
        )
        output, messages, answered = result.output, result.all_messages(), result.response.model_name or ""
    except Exception as error:
        # Whatever it was, the debtor's message must not hang on it: the caller goes on without a model.
        course.failures.append(_named(error))
    finally:
        await client.close()
    return output, _report(where, prompt, course, messages, answered, output, time.monotonic() - started)


def _agent(
    where: Endpoint,
    client: Any,
    prompt: Prompt,
    shape: type[Out],
    judge: Callable[[Out], list[str]],
    instead: Callable[[], Out | None],
    course: _Course,
) -> Agent[None, Out]:
    """The model, and behind it what stands in for it: when it fails, and when it is denied a second time."""

    async def stand_in(_: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        other = instead()
        if other is None:
            raise LookupError("no stand-in passes either")
        return ModelResponse(parts=[TextPart(other.model_dump_json())])

    def failed(error: Exception) -> bool:
        course.failures.append(_named(error))
        return True

    def denied_again(response: ModelResponse) -> bool:
        if response.model_name == models.TEMPLATE:
            return False
        course.input_tokens += response.usage.input_tokens
        course.output_tokens += response.usage.output_tokens
        if objections := _objections(response.text or "", shape, judge):
            course.denied.append((response.text or "", objections))
        return bool(objections) and len(course.denied) > _REPAIRS

    chain = FallbackModel(
        models.model_of(where, client),
        FunctionModel(stand_in, model_name=models.TEMPLATE),
        fallback_on=[failed, denied_again],
    )
    agent = Agent(
        chain, output_type=PromptedOutput(shape), instructions=prompt.text, retries=_REPAIRS, deps_type=type(None)
    )

    @agent.output_validator
    def check(output: Out) -> Out:
        if objections := judge(output):
            raise ModelRetry("Write it again. " + "; ".join(objections))
        return output

    return agent


def _objections(text: str, shape: type[Out], judge: Callable[[Out], list[str]]) -> list[str]:
    found = re.search(r"\{.*\}", text, re.S)
    try:
        return judge(shape.model_validate(json.loads(found.group() if found else text)))
    except (ValueError, ValidationError):
        return ["the answer is not the JSON that was asked for"]


def _named(error: BaseException) -> str:
    status = getattr(error, "status_code", None)
    return f"{type(error).__name__} {status}" if status else type(error).__name__


def _report(
    where: Endpoint,
    prompt: Prompt,
    course: _Course,
    messages: list[ModelMessage],
    answered: str,
    output: BaseModel | None,
    seconds: float,
) -> Report:
    own = answered not in ("", models.TEMPLATE) and output is not None
    return Report(
        model=where.model if own else models.TEMPLATE,
        prompt=prompt.version,
        prompt_hash=prompt.hash,
        messages=ModelMessagesTypeAdapter.dump_python(messages, mode="json"),
        output=output.model_dump(mode="json") if output else {},
        guards=[{"draft": draft[:2000], "objections": objections} for draft, objections in course.denied],
        input_tokens=course.input_tokens,
        output_tokens=course.output_tokens,
        cost_micros=where.cost_micros(course.input_tokens, course.output_tokens),
        latency_ms=int(seconds * 1000),
        fallback_reason="" if own else course.fallback_reason,
        failed=bool(course.failures),
    )

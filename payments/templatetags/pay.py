"""`{% at "pay-promise" %}`: the address of another page of the same case, in the language that a link chose."""

from typing import Any

from django import template

from payments.views.page import speaking

register = template.Library()


@register.simple_tag(takes_context=True)
def at(context: dict[str, Any], name: str, *args: str) -> str:
    """For a view of that name, whose first argument is the page's slug."""
    return speaking.address(context["request"], name, context["slug"], *args)


@register.simple_tag(takes_context=True)
def at_case(context: dict[str, Any], slug: str, name: str, *args: str) -> str:
    """The same for another case, by its own slug."""
    return speaking.address(context["request"], name, slug, *args)

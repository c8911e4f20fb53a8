"""How the OpenAPI 3.1 document is drawn from the views.

A view says what is its own (`@extend_schema`); what all share is added here: `operation` adds scopes, parameters and
error answers to each operation, `finish` the components, the names of the models, and the `webhooks` section.
"""

from agentcollect.kit.openapi.finish import finish as finish
from agentcollect.kit.openapi.operation import Schema as Schema

"""Django's SQL compiler for PostgreSQL, which spells out a model's columns once instead of at every query.

The widest tables here have sixty columns. Naming, quoting, hashing (for ORDER BY) and finding converters for each of
them anew took a third of the processor time of a read. What is kept depends on nothing but the model, the name it has
in the query and the fields that were deferred.
"""

from typing import Any

from django.db.backends.postgresql import compiler
from django.db.backends.postgresql.compiler import (  # Django looks for all of them here
    SQLAggregateCompiler,
    SQLDeleteCompiler,
    SQLInsertCompiler,
    SQLUpdateCompiler,
)
from django.db.models import Model
from django.db.models.expressions import Col
from django.db.models.options import Options

__all__ = ["SQLAggregateCompiler", "SQLCompiler", "SQLDeleteCompiler", "SQLInsertCompiler", "SQLUpdateCompiler"]

# Filled as queries come by; a program has only so many models, aliases and sets of deferred fields.
_columns: dict[tuple[Any, ...], list[Col]] = {}
_selects: dict[tuple[Any, ...], tuple[list[Any], Any, dict[str, int]]] = {}
_converters: dict[tuple[Any, ...], dict[int, Any]] = {}


class SQLCompiler(compiler.SQLCompiler):
    """As Django's, with a memory for the columns of a model."""

    _selected: tuple[Any, ...] | None = None

    def get_default_columns(
        self,
        select_mask: Any,
        start_alias: str | None = None,
        opts: "Options[Any] | None" = None,
        from_parent: type[Model] | None = None,
    ) -> list[Col]:
        """The same Col objects for the same question: they are never changed, and remember their own hash."""
        about = opts or self.query.get_meta()
        if about is None or about.parents or from_parent:
            return super().get_default_columns(select_mask, start_alias, opts, from_parent)
        alias = start_alias or self.query.get_initial_alias()
        key = (about.model, alias, frozenset(select_mask))
        if key not in _columns:
            _columns[key] = super().get_default_columns(select_mask, alias, opts, from_parent)
        return list(_columns[key])

    def get_select(self, with_col_aliases: bool = False) -> Any:
        self._selected = self._plain(with_col_aliases)
        if self._selected is None:
            return super().get_select(with_col_aliases)
        if self._selected not in _selects:
            _selects[self._selected] = super().get_select(with_col_aliases)
        select, shape, annotations = _selects[self._selected]
        return list(select), dict(shape), dict(annotations)

    def _plain(self, with_col_aliases: bool) -> tuple[Any, ...] | None:
        """What the selected columns depend on where they are a model's own and nothing else; None otherwise."""
        query = self.query
        if not query.default_cols or query.select_related or query.extra_select or query.annotation_select:
            return None
        meta = query.get_meta()
        if query.selected is not None or query.combinator or meta is None or meta.parents:
            return None
        alias = query.get_initial_alias()
        deferred, defer = query.deferred_loading
        return (meta.model, alias, self.quote_name_unless_alias(alias), frozenset(deferred), defer, with_col_aliases)

    def get_converters(self, expressions: Any) -> dict[int, Any]:
        """What turns the server's values into the fields': the same for the same columns."""
        key, asked = self._selected, list(expressions)
        if key is None or len(asked) != len(_selects[key][0]):
            return dict(super().get_converters(asked))
        if key not in _converters:
            _converters[key] = super().get_converters(asked)
        return _converters[key]

"""Whose names nobody may deal with: lists that operations load, the same for every organisation (LAW.md, R-36)."""

from django.db import models

from agentcollect.kit.ids import PublicIdField


class SanctionsList(models.Model):
    """A list as it was loaded. The youngest is in force; ids grow with time, so an older one sorts before it."""

    id = PublicIdField("sdn")
    source = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    entries = models.PositiveIntegerField()
    loaded_at = models.DateTimeField()
    loaded_by = models.CharField(max_length=80)

    def __str__(self) -> str:
        return f"{self.source} ({self.loaded_at:%Y-%m-%d})"


class SanctionedName(models.Model):
    """One name of a list, also an alias. `folded`: as it is compared (campaigns.rules.screening)."""

    list = models.ForeignKey(SanctionsList, on_delete=models.CASCADE, related_name="names")
    name = models.CharField(max_length=300)
    folded = models.CharField(max_length=300)
    entry = models.CharField(max_length=100, blank=True)

    class Meta:
        indexes = [models.Index(fields=["list", "folded"], name="sanctioned_folded")]

    def __str__(self) -> str:
        return self.name

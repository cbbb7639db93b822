"""What a running program holds: made once by the composition root and handed to every action."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from portico.platform.catalogue import Catalogue
from portico.platform.content import Content
from portico.platform.database import Database
from portico.platform.files import Files
from portico.platform.metrics import Metrics
from portico.platform.vault import Vault
from portico.settings import Settings
from portico.triage import Message, Reading, read

Reader = Callable[[Message], Reading]
"""How danger is read in what a patient writes."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """The database, the vault, the shipped content and how this process runs."""

    db: Database
    vault: Vault
    content: Content
    catalogue: Catalogue
    settings: Settings
    metrics: Metrics = field(default_factory=Metrics)
    reader: Reader = read

    @cached_property
    def files(self) -> Files:
        """How this process takes people's files; made when first asked for, or at the start of a server."""
        return Files(self.settings)

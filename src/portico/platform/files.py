"""What a process needs to take people's files: where they lie, who scans them, who cleans images, how many at once."""

from portico.errors import Unavailable
from portico.platform.blobs import Blobs
from portico.platform.clamd import Clamd
from portico.platform.images import Images
from portico.platform.upload_slots import UploadSlots
from portico.settings import Settings

_UNSET = "This portal does not take photos or documents yet. Please bring them, or ask the clinic."


class Files:
    """Made once for each process."""

    def __init__(self, settings: Settings) -> None:
        """Raises StartupRefused for a place or a scanner that cannot be meant."""
        self._blobs = None if settings.attachments is None else Blobs.at(settings.attachments, settings.s3)
        self.scanner = None if settings.clamd is None else Clamd(settings.clamd)
        self.images = Images()
        self.slots = UploadSlots()

    @property
    def is_open(self) -> bool:
        """Whether files are taken at all."""
        return self._blobs is not None

    @property
    def blobs(self) -> Blobs:
        """Where files lie. Raises Unavailable when no place was set."""
        if self._blobs is None:
            raise Unavailable(_UNSET, retry_after=3600)
        return self._blobs

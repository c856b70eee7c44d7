"""The stores of a library, opened together: its database and its source files."""

from pathlib import Path

from wellread.errors import BadRequestError
from wellread.settings import Settings
from wellread.store.accounts.accounts import AccountStore
from wellread.store.backup.opening import open_database
from wellread.store.catalog.catalog import Catalog
from wellread.store.catalog.source_files import FileStore
from wellread.store.imports.imports import ImportStore
from wellread.store.imports.uploads import UploadStore
from wellread.store.runs.conversations import ConversationStore
from wellread.store.runs.feedback import FeedbackStore
from wellread.store.runs.journal import Journal
from wellread.store.runs.queue import RunQueue
from wellread.store.runs.runs import RunStore
from wellread.store.runs.usage import UsageStore


class Stores:
    """Opening them brings the database to the newest schema. Raises BadRequestError for a folder that cannot be made,
    and as `Database.open` does."""

    def __init__(self, settings: Settings) -> None:
        home = settings.home
        _make(home)
        self.database = open_database(settings.database or home / "wellread.db", backups=home / "backups")
        self.files = FileStore(home / "files")
        self.catalog = Catalog(self.database)
        self.runs = RunStore(self.database)
        self.queue = RunQueue(self.database)
        self.journal = Journal(self.runs, is_server=self.database.engine.dialect.name != "sqlite")
        self.conversations = ConversationStore(self.database)
        self.feedback = FeedbackStore(self.database)
        self.usage = UsageStore(self.database)
        self.imports = ImportStore(self.database)
        self.uploads = UploadStore(self.database, home / "uploads")
        self.accounts = AccountStore(self.database)

    def close(self) -> None:
        self.journal.close()
        self.database.close()


def _make(home: Path) -> None:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)  # what is asked is nobody else's to read
    except OSError as error:
        raise BadRequestError(
            f"The library's folder {home} cannot be made: {error.strerror}.",
            hint="Set WELLREAD_HOME to a folder that you may write to.",
        ) from error

"""Bringing a database to the newest schema, with Alembic and the scripts in `versions`."""

from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from wellread.errors import StorageError


def upgrade(connection: sa.Connection, target: str = "head") -> None:
    """Run the migrations that the database lacks up to the revision `target`, within the caller's transaction: all of
    them or none.

    SQLite and PostgreSQL roll back CREATE TABLE like any statement. Raises StorageError for an unknown revision.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    context = EnvironmentContext(
        config, scripts, fn=lambda revision, _: scripts._upgrade_revs(target, revision)
    )
    try:
        # Alembic leaves a transaction alone that it finds begun.
        context.configure(connection=connection, transactional_ddl=True)
        context.run_migrations()
    except CommandError as error:
        raise StorageError(
            f"The catalog's schema is not one this version knows ({error}).",
            hint="It was probably written by a newer Wellread: upgrade Wellread, or use another WELLREAD_HOME.",
        ) from error

"""Bringing a database to the newest schema, with Alembic and the scripts in `versions`."""

from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from wellread.errors import StorageError


def upgrade(engine: sa.Engine) -> None:
    """Run the migrations that `engine`'s database lacks, in one transaction each."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    scripts = ScriptDirectory.from_config(config)
    context = EnvironmentContext(
        config, scripts, fn=lambda revision, _: scripts._upgrade_revs("head", revision)
    )
    try:
        with engine.connect() as connection:
            context.configure(connection=connection, transaction_per_migration=True)
            with context.begin_transaction():
                context.run_migrations()
            connection.commit()
    except CommandError as error:
        raise StorageError(
            f"The catalog's schema is not one this version knows ({error}).",
            hint="It was probably written by a newer Wellread: upgrade Wellread, or use another WELLREAD_HOME.",
        ) from error

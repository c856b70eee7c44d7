"""Libraries to test with: the demo library, built once, and small ones made of Markdown files."""

import os
import shutil
import signal
import uuid
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from support import mentor
from support.browser import Remote, Visits, launched
from support.paths import SHARED
from support.soak import soaked

from wellread.blocking import BlockingWellread
from wellread.import_events import FileRefused
from wellread.settings import Settings

# What a shell starts in the background ignores Ctrl-C, and so would the commands that tests start and send one.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Nothing is timed: what is fast on one machine is not on another. `make test` tries the same examples each time.
UNTIMED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("test", derandomize=True, **UNTIMED)
settings.register_profile("soak", print_blob=True, **UNTIMED)
settings.load_profile("soak" if soaked() else "test")


@pytest.fixture
def shared_data() -> Path:
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("the folder of real books (../shared/data) is not here")
    return folder


@pytest.fixture(scope="session")
def built_demo(tmp_path_factory) -> Path:
    """The home of the demo library with its vectors. Do not write to it: take `demo_home`."""
    home = tmp_path_factory.mktemp("demo")
    with BlockingWellread(settings=Settings(home=home)) as library:
        events = list(library.add([Path(str(files("wellread") / "demo"))], collection="demo"))
    assert not [event for event in events if isinstance(event, FileRefused)]
    return home


@pytest.fixture
def demo_home(built_demo, tmp_path) -> Path:
    return Path(shutil.copytree(built_demo, tmp_path / "home"))


@pytest.fixture(scope="module")
def demo(built_demo, tmp_path_factory):
    """The demo library, open; its runs may be written, its products not."""
    home = shutil.copytree(built_demo, tmp_path_factory.mktemp("open") / "home")
    with BlockingWellread(settings=Settings(home=Path(home))) as library:
        yield library


@pytest.fixture(scope="session")
def mentor_home(tmp_path_factory) -> Path:
    """The home of the library of `transcript`: a book and a talk, by keyword only. Runs may be stored in it."""
    folder = tmp_path_factory.mktemp("mentor")
    with BlockingWellread(settings=Settings(home=folder / "home", embedder="none")) as library:
        list(library.add(mentor.write_library(folder / "files")))
    return folder / "home"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Remote]:
    """One browser for the tests of this process; its pages are opened with `visit`."""
    with launched() as browser:
        yield browser


@pytest.fixture
def visit(chromium) -> Iterator[Visits]:
    """Opens pages; see `browser`. The test fails afterwards for what they did that they may not."""
    visits = Visits(chromium)
    yield visits
    visits.check()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[sa.Engine]:
    """The server that WELLREAD_TEST_POSTGRESQL names (it must be there), else one of this machine."""
    named = os.environ.get("WELLREAD_TEST_POSTGRESQL")
    url = sa.make_url(named or "postgresql://postgres@127.0.0.1:5432/test")
    engine = sa.create_engine(url, connect_args={"connect_timeout": 5})
    try:
        engine.connect().close()
    except sa.exc.OperationalError as error:
        if named:
            raise
        pytest.skip(f"no PostgreSQL at 127.0.0.1:5432 ({str(error.orig).splitlines()[0]})")
    yield engine
    engine.dispose()


@pytest.fixture
def postgresql_url(postgresql_server) -> Iterator[str]:
    """A URL for Wellread's setting `database`: a schema of its own, empty, and dropped afterwards."""
    schema = f"wellread_test_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    with postgresql_server.begin() as connection:
        connection.execute(sa.schema.CreateSchema(schema))
    url = postgresql_server.url.update_query_dict({"options": f"-csearch_path={schema}"})
    yield url.render_as_string(hide_password=False)
    with postgresql_server.begin() as connection:
        connection.execute(sa.schema.DropSchema(schema, cascade=True))


@pytest.fixture
def home(tmp_path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def library(home):
    """An empty library that searches by keyword only, which makes adding fast."""
    with BlockingWellread(settings=Settings(home=home, embedder="none")) as opened:
        yield opened

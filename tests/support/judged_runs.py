"""Runs whose answer a scripted model writes and judges."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from support.served_script import serving
from wellread.blocking import BlockingWellread
from wellread.models.scripted.script import Script
from wellread.settings import Settings

JUDGING = "You check an answer for Wellread"


def written(text: str) -> str:
    """A reply of the writer."""
    return f'[[reply]]\nrole = "text"\ntext = """\n{text}"""\n'


def verdicts(*words: str, when: str = JUDGING, times: int = 1) -> str:
    """A reply of the judge: a verdict for each statement that is asked about, in their order."""
    given = [
        {"statement": number, "verdict": word, "sentence": 1} for number, word in enumerate(words, start=1)
    ]
    return f"[[reply]]\nwhen = '{when}'\ntimes = {times}\njson = '{json.dumps({'verdicts': given})}'\n"


def rewritten(*texts: str) -> str:
    """A reply of the reviser."""
    given = [{"statement": number, "text": text} for number, text in enumerate(texts, start=1)]
    return f"[[reply]]\nwhen = 'You mend an answer'\njson = '{json.dumps({'statements': given})}'\n"


@contextmanager
def opened(home: Path, script: str, **settings: object) -> Iterator[tuple[BlockingWellread, Script]]:
    """A library whose answers the script writes and judges, and the script, which tells what was asked."""
    with serving(script) as served:
        given: dict[str, object] = {
            "home": home,
            "embedder": "none",
            "openai_base_url": f"{served.address}/v1",
            "planner_model": "extractive",
            "writer_model": "openai/gpt-4.1",
            "model_tries": 1,
        }
        with BlockingWellread(settings=Settings(**(given | settings))) as library:
            yield library, served.script


def copied(home: Path, folder: Path) -> Path:
    """A home of one's own, that other tests do not see."""
    return Path(shutil.copytree(home, folder / "home"))


def article(folder: Path, name: str, title: str, *sections: Sequence[str], date: str = "") -> Path:
    """A Markdown title; each section is a heading and its paragraphs."""
    folder.mkdir(parents=True, exist_ok=True)
    front = [
        f"title: {title}",
        "author: The Wellread Project",
        "lang: en",
        *([f"date: {date}"] if date else []),
    ]
    body = "\n\n".join("# " + "\n\n".join(section) for section in sections)
    path = folder / name
    path.write_text("\n".join(["---", *front, "---", "", body, ""]), encoding="utf-8")
    return path

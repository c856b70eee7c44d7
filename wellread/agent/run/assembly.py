"""Who works on a run: the planners, the writers and the judge that its roles name, in the order of preference."""

from functools import partial

from wellread.agent.judging.choice import judge_opener
from wellread.agent.judging.revision import Reviser
from wellread.agent.planning.evidence import EvidenceJudge
from wellread.agent.planning.follow_up import FollowUp
from wellread.agent.planning.model import ModelPlanner
from wellread.agent.planning.rules import Planner
from wellread.agent.run.loop import Loop
from wellread.agent.writing.direct_answers import Facts
from wellread.agent.writing.extractive import ExtractiveWriter
from wellread.agent.writing.model import ModelWriter
from wellread.agent.writing.writer import Writer
from wellread.events import Roles
from wellread.index.passages import Embedder
from wellread.library.matrix import TitleMatrix
from wellread.models.resolve import CLASSIFIER, EXTRACTIVE, Models
from wellread.settings import Settings
from wellread.store.catalog.catalog import Catalog

_FEW = 16
_SNIPPET_TOKENS = 300


def assemble(
    roles: Roles,
    models: Models,
    settings: Settings,
    catalog: Catalog,
    inside: TitleMatrix,
    embedder: Embedder | None,
    facts: Facts,
) -> Loop:
    """The loop of a run with these roles. A model is opened when it is first asked."""
    planners: list[Planner] = [
        ModelPlanner(name, partial(models.open, name)) for name in _models(roles.planner, roles.fallback)
    ]
    writers: list[Writer] = [
        ModelWriter(name, partial(models.open, name), facts) for name in _models(roles.writer, roles.fallback)
    ]
    judges = [EvidenceJudge(name, partial(models.open, name)) for name in _models(scorer(roles))]
    follow_ups = [FollowUp(name, partial(models.open, name)) for name in _models(roles.planner)]
    return Loop(
        catalog=catalog,
        inside=inside,
        planners=planners,
        writers=(*writers, ExtractiveWriter(facts, embedder.fragmentation if embedder else None)),
        discovered=settings.discovered_titles,
        judge=judges[0] if judges and planners else None,
        judged=settings.deep_judged,
        snippets=_snippets(roles.writer, settings),
        follow_up=follow_ups[0] if follow_ups else None,
        open_judge=judge_opener(roles.judge, models),
        reviser=Reviser(partial(models.open, roles.writer)) if roles.writer != EXTRACTIVE else None,
    )


def _snippets(writer: str, settings: Settings) -> int:
    """How many snippets the writer has use for: a model here reads slowly, and without one a few are quoted."""
    here = writer == EXTRACTIVE or writer.startswith("local/")
    return _FEW if here else max(_FEW, settings.evidence_tokens // _SNIPPET_TOKENS)


def scorer(roles: Roles) -> str:
    """The model that scores evidence: the judge, if that is one, else the planner."""
    return roles.judge if "/" in roles.judge and not roles.judge.startswith(CLASSIFIER) else roles.planner


def _models(name: str, fallback: str = "") -> tuple[str, ...]:
    """The models of a role, each once; the fallback only behind a model."""
    if name == EXTRACTIVE:
        return ()
    return tuple(dict.fromkeys(n for n in (name, fallback) if n and n != EXTRACTIVE))

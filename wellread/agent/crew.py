"""Who works on a run: the planners, the writers and the judge that its roles name, in the order of preference."""

from functools import partial

from wellread.agent.direct import Facts
from wellread.agent.evidence import EvidenceJudge
from wellread.agent.extractive import ExtractiveWriter
from wellread.agent.follow_up import FollowUp
from wellread.agent.loop import Loop
from wellread.agent.model_planner import ModelPlanner
from wellread.agent.model_writer import ModelWriter
from wellread.agent.planner import Planner
from wellread.agent.sentence_choice import SentenceEmbedder
from wellread.agent.writer import Writer
from wellread.events import Roles
from wellread.library.inside import Inside
from wellread.models.resolve import EXTRACTIVE, Models
from wellread.settings import Settings
from wellread.store.catalog import Catalog


def crew(
    roles: Roles,
    models: Models,
    settings: Settings,
    catalog: Catalog,
    inside: Inside,
    embedder: SentenceEmbedder | None,
    facts: Facts,
) -> Loop:
    """The loop of a run with these roles. A model is opened when it is first asked."""
    planners: list[Planner] = [
        ModelPlanner(name, partial(models.open, name)) for name in _models(roles.planner, roles.fallback)
    ]
    writers: list[Writer] = [
        ModelWriter(name, partial(models.open, name), facts, embedder)
        for name in _models(roles.writer, roles.fallback)
    ]
    judges = [EvidenceJudge(name, partial(models.open, name)) for name in _models(roles.judge)]
    follow_ups = [FollowUp(name, partial(models.open, name)) for name in _models(roles.planner)]
    return Loop(
        catalog=catalog,
        inside=inside,
        planners=planners,
        writers=(*writers, ExtractiveWriter(embedder, facts)),
        discovered=settings.discovered_titles,
        judge=judges[0] if judges and planners else None,
        judged=settings.deep_judged,
        follow_up=follow_ups[0] if follow_ups else None,
    )


def _models(name: str, fallback: str = "") -> tuple[str, ...]:
    """The models of a role, each once; the fallback only behind a model."""
    if name == EXTRACTIVE:
        return ()
    return tuple(dict.fromkeys(n for n in (name, fallback) if n and n != EXTRACTIVE))

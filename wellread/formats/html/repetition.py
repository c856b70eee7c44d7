"""Pages of a folder that say again what others say: the whole book on one page, an index that is a chapter, too."""

from collections.abc import Collection, Mapping

from wellread.formats.html.page import SitePage

_SHARE = 0.85  # of a page's words, from which it says nothing of its own


def repeating(pages: Mapping[str, SitePage], listed: Collection[str]) -> list[str]:
    """The names of the pages whose text stands on others. Of two alike the one that is `listed` stays."""
    texts = {name: [draft.text for draft in page.flow.drafts] for name, page in pages.items()}
    holders: dict[str, set[str]] = {}
    for name, said in texts.items():
        for text in said:
            holders.setdefault(text, set()).add(name)
    left_out: list[str] = []
    # The longest first: what stands only on the page of the whole book and on a chapter is the chapter's.
    for name in sorted(pages, key=lambda name: (name in listed, -pages[name].words, name)):
        said = texts[name]
        others = pages.keys() - {name, *left_out}
        again = sum(len(text.split()) for text in said if holders[text] & others)
        is_whole = pages[name].words * 2 > sum(pages[other].words for other in others)
        if not said or again < _SHARE * pages[name].words:
            continue
        if name not in listed or (is_whole and len(others) > 1):
            left_out.append(name)
    return left_out

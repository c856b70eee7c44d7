"""A shelf of titles for questions that name them."""

from wellread.content import Metadata, Product, ProductKind

PROJECT = ("The Wellread Project",)


def product(title, authors=(), subtitle="", kind=ProductKind.BOOK, format="epub"):
    identity = f"{title.lower().replace(' ', '-')[:30]}-{format}"
    return Product(identity, Metadata(title, kind, subtitle, tuple(authors)), "0" * 8, format)


LEET = "Leading Effective Engineering Teams"


TUESDAY = (
    "Tech Leadership Tuesday with Lena Reinhard: Leading Effective Engineering Teams in the Age of "
    "Generative AI with Addy Osmani"
)


TALK = {"kind": ProductKind.RECORDING, "format": "transcript"}


LIBRARY = [
    product(LEET, ["Addy Osmani"]),
    product(TUESDAY, ["Lena Reinhard", "Addy Osmani"], kind=ProductKind.VIDEO, format="transcript"),
    product("Steady Hands", PROJECT, "A Field Guide to Leading Engineering Teams"),
    product("Light Touch", PROJECT, "Running Software Teams with Less Management"),
    product("Light Touch", PROJECT, "Running Software Teams with Less Management", format="pdf"),
    product("Two Hats", PROJECT, "Leading and Managing an Engineering Team", ProductKind.VIDEO, "transcript"),
    product("Debian Policy Manual", ["The Debian Policy Mailing List"]),
    product("Debian Developer’s Reference"),
    product("Live Systems Manual"),
    product("Moby-Dick", ["Herman Melville"]),
    product("Requests PyCon and Pythons future with Kenneth Rietz", **TALK),
    product("Testing astronomy", **TALK),
    product("Pytest tips", **TALK),
    product("Bash Reference Manual", format="pdf"),
]


ADDY = (
    "Pretend that you are Addy Osmani, based on what you read in his book, Leading Effective Engineering "
    "Teams and his Tech Leadership Tuesday video, and act as a mentor for my tech leadership questions. I'm a "
    "new engineering leader and I'm struggling to understand the difference between leadership and management. "
    "How can I effectively balance both roles in my team?"
)

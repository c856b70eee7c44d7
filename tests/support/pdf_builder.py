"""Small PDF files for tests, written by hand: pages of text placed by font, size and position."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

FONTS = {"F1": "Helvetica", "F2": "Helvetica-Bold", "F3": "Courier", "F4": "Times-Italic"}
WIDTH, HEIGHT = 612, 792


@dataclass
class Page:
    """A page; `show` places text with its baseline `y` points below the top edge."""

    rotate: int = 0
    media: tuple[int, int, int, int] = (0, 0, WIDTH, HEIGHT)
    crop: tuple[int, int, int, int] | None = None
    content: list[str] = field(default_factory=list)
    image: bool = False

    def show(self, x: float, y: float, text: str, *, font: str = "F1", size: float = 10) -> "Page":
        self.content.append(f"BT /{font} {size} Tf 1 0 0 1 {x} {HEIGHT - y} Tm ({escaped(text)}) Tj ET")
        return self

    def lines(self, x: float, y: float, texts: Sequence[str], *, font: str = "F1", size: float = 10) -> float:
        """Lines 1.2 sizes apart; gives the `y` of the one that would follow."""
        for number, text in enumerate(texts):
            self.show(x, y + number * 1.2 * size, text, font=font, size=size)
        return y + len(texts) * 1.2 * size

    def raw(self, operators: str) -> "Page":
        self.content.append(operators)
        return self


@dataclass
class Bookmark:
    title: str
    page: int  # from 1
    y: float = 0  # from the top edge
    depth: int = 0


def escaped(text: str) -> str:
    quoted = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return "".join(char if ord(char) < 128 else f"\\{ord(char.encode('cp1252')):03o}" for char in quoted)


def write_pdf(
    path: Path,
    pages: Sequence[Page],
    *,
    document: str = "",
    catalog: str = "",
    bookmarks: Sequence[Bookmark] = (),
    xmp: str = "",
    encrypt: bool = False,
) -> Path:
    """Write a file. `document` and `catalog` are PDF syntax for the information and catalog dictionaries."""
    objects: list[bytes] = []

    def add(text: str | bytes) -> int:
        objects.append(text if isinstance(text, bytes) else text.encode("latin-1"))
        return len(objects)

    root, tree = add(""), add("")
    fonts = " ".join(
        f"/{key} {add(f'<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>')} 0 R"
        for key, name in FONTS.items()
    )
    picture = add(
        b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 "
        b"/Length 1 >>\nstream\n\x80\nendstream"
    )
    kids = []
    for page in pages:
        content = "\n".join([*page.content, *(["q 500 0 0 700 50 50 cm /I1 Do Q"] if page.image else [])])
        stream = content.encode("latin-1")
        body = add(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        box = f"/CropBox [{' '.join(map(str, page.crop))}]" if page.crop else ""
        kids.append(
            add(
                f"<< /Type /Page /Parent {tree} 0 R /MediaBox [{' '.join(map(str, page.media))}] {box} "
                f"/Rotate {page.rotate} /Contents {body} 0 R "
                f"/Resources << /Font << {fonts} >> /XObject << /I1 {picture} 0 R >> >> >>"
            )
        )
    outline = _outline(add, objects, kids, bookmarks) if bookmarks else 0
    entries = [catalog]
    if outline:
        entries.append(f"/Outlines {outline} 0 R")
    if xmp:
        packet = xmp.encode()
        length = len(packet)
        metadata = add(
            b"<< /Type /Metadata /Subtype /XML /Length %d >>\nstream\n%s\nendstream" % (length, packet)
        )
        entries.append(f"/Metadata {metadata} 0 R")
    objects[root - 1] = f"<< /Type /Catalog /Pages {tree} 0 R {' '.join(entries)} >>".encode("latin-1")
    references = " ".join(f"{kid} 0 R" for kid in kids)
    objects[tree - 1] = f"<< /Type /Pages /Kids [{references}] /Count {len(kids)} >>".encode()
    information = add(f"<< {document} >>")
    trailer = f"/Root {root} 0 R /Info {information} 0 R"
    if encrypt:
        key = "<" + "41" * 32 + ">"
        lock = add(f"<< /Filter /Standard /V 1 /R 2 /O {key} /U {key} /P -4 >>")
        trailer += f" /Encrypt {lock} 0 R /ID [<41414141> <41414141>]"
    path.write_bytes(_file(objects, trailer))
    return path


def _outline(add, objects: list[bytes], kids: list[int], bookmarks: Sequence[Bookmark]) -> int:  # type: ignore[no-untyped-def]
    top = add("")
    numbers = [add("") for _ in bookmarks]
    parents: list[int] = []
    chain: list[int] = []
    for bookmark, number in zip(bookmarks, numbers, strict=True):
        del chain[bookmark.depth :]
        parents.append(chain[-1] if chain else top)
        chain.append(number)
    for place, bookmark in enumerate(bookmarks):
        same = [number for number, parent in zip(numbers, parents, strict=True) if parent == parents[place]]
        children = [
            number for number, parent in zip(numbers, parents, strict=True) if parent == numbers[place]
        ]
        at = same.index(numbers[place])
        links = f"/Prev {same[at - 1]} 0 R " if at else ""
        links += f"/Next {same[at + 1]} 0 R " if at + 1 < len(same) else ""
        links += (
            f"/First {children[0]} 0 R /Last {children[-1]} 0 R /Count {len(children)} " if children else ""
        )
        goal = f"/Dest [{kids[bookmark.page - 1]} 0 R /XYZ 0 {HEIGHT - bookmark.y} 0]"
        text = f"<< /Title ({escaped(bookmark.title)}) /Parent {parents[place]} 0 R {links}{goal} >>"
        objects[numbers[place] - 1] = text.encode("latin-1")
    first = [number for number, parent in zip(numbers, parents, strict=True) if parent == top]
    objects[top - 1] = (
        f"<< /Type /Outlines /First {first[0]} 0 R /Last {first[-1]} 0 R /Count {len(first)} >>".encode()
    )
    return top


def _file(objects: Sequence[bytes], trailer: str) -> bytes:
    out = b"%PDF-1.7\n"
    offsets = []
    for number, text in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + f"trailer << /Size {len(objects) + 1} {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()

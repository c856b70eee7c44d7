"""What keeps an EPUB from being read although it is whole: encryption and fixed layout."""

from collections.abc import Iterable
from typing import Any

from wellread.errors import UnreadableError
from wellread.formats.archive import Archive
from wellread.formats.epub.package import Package
from wellread.formats.markup.parse import children, local_name, parse_xml, resolved

# Fonts scrambled against copying: the text can be read all the same.
_OBFUSCATION = frozenset({"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"})
_APPLE = "META-INF/com.apple.ibooks.display-options.xml"


def refuse_encrypted(archive: Archive, root: str, wanted: Iterable[str], name: str) -> None:
    """Raise UnreadableError if an entry among `wanted` is encrypted, or the book comes with a licence to
    open it.

    `root` is the folder within the archive that holds META-INF, "" or ending in a slash.
    """
    message = f"{name} is encrypted (DRM): only the reading app that it was bought for can open it."
    hint = "Ask the seller or publisher for a copy without DRM."
    for licence in ("rights.xml", "sinf.xml", "license.lcpl"):
        if archive.find(f"{root}META-INF/{licence}"):
            raise UnreadableError(message, hint=hint)
    listed = archive.find(f"{root}META-INF/encryption.xml")
    tree = parse_xml(archive.read(listed), listed) if listed else None
    if tree is None:
        return
    needed = set(wanted)
    for entry in tree.iter():
        if local_name(entry) != "encrypteddata":
            continue
        parts = list(entry.iter())
        method = next((one.get("Algorithm") for one in children(entry, "encryptionmethod")), None)
        # Without a method, and with one, it may also be only compressed before it was not encrypted.
        if method is None or method in _OBFUSCATION:
            continue
        for reference in (one for one in parts if local_name(one) == "cipherreference"):
            target = archive.find(root + resolved("", reference.get("URI") or "")[0])
            if target in needed:
                raise UnreadableError(message, hint=hint)


def is_fixed_layout(archive: Archive, root: str, package: Package) -> bool:
    """Whether every page of the book is laid out like a picture, so that its text has no reading order to
    trust."""
    layouts = [item.fixed for item in package.spine]
    if layouts and all(layouts):
        return True
    if any(layout is False for layout in layouts):
        return False
    return package.fixed_layout or _apple_says_fixed(archive, root)


def _apple_says_fixed(archive: Archive, root: str) -> bool:
    listed = archive.find(root + _APPLE)
    options: Any = parse_xml(archive.read(listed), listed) if listed else None
    if options is None:
        return False
    return any(
        one.get("name") == "fixed-layout" and (one.text or "").strip().lower() == "true"
        for one in options.iter()
    )

"""Which of the encodings before UTF-8 a text is in, by the letters that come out of its bytes.

Every encoding reads every file, and most give letters. In the right one they are those of one language, the frequent
ones more often than the rare, and of one script within a word. docs/decisions/018-replaced-libraries.md says how often
that is right, beside charset-normalizer.
"""

import re
from collections import Counter
from collections.abc import Mapping

_SAMPLE = 32_768  # bytes
_C1 = re.compile("[\x80-\x9f]")

# The letters beyond ASCII of languages that were written in an encoding, the most frequent first.
_WESTERN = "éàèêçùâîôûëïœüæ äüößé óáéíñúü¿¡ èàòùéìî ãçáéêóõíâàôú äöåéü åøæé ëéïöüè áíðéóúöþæý éàèïòóúüç"
_CENTRAL = "ąęłóżśćźń íáéěřčžýšůúťďňó áéöóőüíúű ăîâşţ čšžćđ áíéýčšžľúôňťďäĺŕó äüößé"
_CYRILLIC = (
    "оеаинтсрвлкмдпугяызбйьчхжцюшщэфъё "
    "оаніирвтеслкудмпзьябйгїчхжцюєшщґф "
    "аиоентрсвлдкмпзгяъубчцйжщхюшьф "
    "аиоенрсуткјвдмплгзбцшчжљњђћ "
)
_GREEK = "ατοιενσρκηπςυμλίόάγέδήωχθύφβξώζψϊϋΐΰ"
_HEBREW = "יוהלרבתמאשנעםדקחפסכגטצןזךףץ"
_ARABIC = (
    "اليمونرتبةعدسفهكقأحجشطصىخإذضظغثءآئؤ\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652"
    " ایردنهومتبسلکشزفگعخقجآپحطصچغذضثژظ"
)
_HANGUL = "이다에의는로하을가고지서한은기으년대사시를리도인스일해정어자그아수있전나제상주부보장원여동과들"
_KANA = "".join(map(chr, (*range(0x3041, 0x3094), *range(0x30A1, 0x30FD))))
_TRADITIONAL = (
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後"
    "作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因"
    "只從想實"
)
_SIMPLIFIED = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后"
    "作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因"
    "只从想实"
)

# Of two that fit as well, the first is taken: they differ in letters that do not occur.
_LANGUAGES = {
    "cp1252": _WESTERN,
    "cp1250": _CENTRAL,
    "iso8859_2": _CENTRAL,
    "cp1254": "ışüğöçâîû",
    "cp1257": "ėšųžįąčęū āīēšņļžģķčū õäöüšž",
    "cp1251": _CYRILLIC,
    "koi8_u": _CYRILLIC,
    "cp866": _CYRILLIC,
    "iso8859_5": _CYRILLIC,
    "cp1253": _GREEK,
    "iso8859_7": _GREEK,
    "cp1255": _HEBREW,
    "cp1256": _ARABIC,
    "iso8859_6": _ARABIC,
    "cp949": _HANGUL,
    "gb18030": _SIMPLIFIED,
    "big5": _TRADITIONAL,
    "euc_jp": _KANA,
    "cp932": _KANA,
}
_NAMES = {
    "koi8_u": "KOI8-U",
    "cp866": "DOS 866",
    "cp949": "Windows-949 (Korean)",
    "gb18030": "GB 18030 (Chinese)",
    "big5": "Big5 (Chinese)",
    "euc_jp": "EUC-JP (Japanese)",
    "cp932": "Shift JIS (Japanese)",
}
_LATIN = ("cp1252", "cp1250", "iso8859_2", "cp1254", "cp1257")
_USUAL = ("cp1252", 0.05)  # what most such files are in is preferred by that
# Of an encoding with two bytes a character: the codec of its standard, and the rows of what is in common use there.
_COMMON = {
    "cp949": ("euc_kr", range(0xB0, 0xC9)),
    "gb18030": ("gb2312", range(0xB0, 0xD8)),
    "big5": ("big5", range(0xA4, 0xC7)),
    "euc_jp": ("euc_jp", range(0xB0, 0xD0)),
    "cp932": ("euc_jp", range(0xB0, 0xD0)),
}
_SYMBOLS = range(0xA1, 0xA4)  # the rows of punctuation and full-width letters
_PUNCTUATION = frozenset("«»“”„’‘–—…\xa0°§·•№©®½€、。，．・：；？！「」『』《》（）ー\u3000\u200e\u200f")
_MIXED_SCRIPTS = re.compile(r"[A-Za-z][^\W\d_A-Za-z]|[^\W\d_A-Za-z][A-Za-z]")


def decode_legacy(content: bytes) -> tuple[str, str]:
    """The text of bytes that are not Unicode, and what its likeliest encoding is called."""
    sample = content[:_SAMPLE]
    encoding = max(_LANGUAGES, key=lambda codec: _fit(sample.decode(codec, errors="replace"), codec))
    # What means nothing in the encodings of Windows is a control character in those of ISO.
    return _C1.sub("\ufffd", content.decode(encoding, errors="replace")), _name(encoding)


def _name(encoding: str) -> str:
    return _NAMES.get(encoding) or encoding.replace("cp", "Windows-").replace("iso8859_", "ISO 8859-")


def _fit(text: str, encoding: str) -> float:
    """How well the characters beyond ASCII are those of a language of the encoding: 1 is the most."""
    beyond = Counter(char for char in text if not char.isascii())
    if not beyond:
        return 0.0
    total = max(_weight(beyond, letters, encoding) for letters in _LANGUAGES[encoding].split())
    if encoding not in _LATIN:
        total -= 2 * len(_MIXED_SCRIPTS.findall(text))
    usual, advantage = _USUAL
    return total / beyond.total() + advantage * (encoding == usual)


def _weight(beyond: Mapping[str, int], letters: str, encoding: str) -> float:
    ranks = {letter: rank for rank, letter in enumerate(letters)}
    total = 0.0
    for char, times in beyond.items():
        rank = ranks.get(char.lower())
        if char in _PUNCTUATION:
            weight = 0.5
        elif encoding in _COMMON:
            weight = 1.0 if rank is not None else _commonness(char, *_COMMON[encoding])
        elif rank is None:
            weight = -1.0
        else:  # capitals are few: KOI8 read as Windows-1251 is all capitals
            weight = (1 - 0.6 * rank / len(letters)) / (1 if char.islower() or not char.isupper() else 2)
        total += weight * times
    return total


def _commonness(char: str, codec: str, rows: range) -> float:
    encoded = char.encode(codec, errors="ignore")
    if len(encoded) != 2:
        return -1.0
    if encoded[0] in rows:
        return 0.6
    return 0.5 if encoded[0] in _SYMBOLS else -0.5

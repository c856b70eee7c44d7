"""Passwords, hashed with argon2id."""

import unicodedata
from base64 import b64encode

from argon2 import PasswordHasher
from argon2.exceptions import HashingError, VerificationError, VerifyMismatchError

from wellread.errors import BadRequestError, UnavailableError

FEWEST_CHARACTERS = 10
MOST_CHARACTERS = 1000


class Passwords:
    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        # A hash that is no password's and costs as much to compare with as a real one.
        salt, hashed = (
            b64encode(bytes(length)).decode().rstrip("=")
            for length in (self._hasher.salt_len, self._hasher.hash_len)
        )
        cost = f"m={self._hasher.memory_cost},t={self._hasher.time_cost},p={self._hasher.parallelism}"
        self.nobodys = f"$argon2id$v=19${cost}${salt}${hashed}"

    def hashed(self, password: str) -> str:
        """Raises BadRequestError for one that is too short, too long or no text."""
        try:
            return self._hasher.hash(_checked(password))
        except HashingError as error:
            raise _short_of_memory() from error

    def fits(self, password: str, stored: str) -> bool:
        given = _normal(password).encode("utf-8", "replace")
        try:
            return self._hasher.verify(stored, given)
        except VerifyMismatchError:
            return False
        except VerificationError as error:
            raise _short_of_memory() from error

    def is_dated(self, stored: str) -> bool:
        """Whether it was hashed with other parameters than new ones are."""
        return self._hasher.check_needs_rehash(stored)


def _checked(password: str) -> str:
    password = _normal(password)
    if not FEWEST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        raise BadRequestError(
            f"The password has {len(password):,} characters.",
            hint=f"It needs {FEWEST_CHARACTERS} to {MOST_CHARACTERS:,}; a few words in a row make a good one.",
        )
    if any("\ud800" <= character <= "\udfff" for character in password):
        raise BadRequestError("The password is no valid Unicode.", hint="Type it, or give it as UTF-8.")
    return password


def _normal(password: str) -> str:
    # Keyboards differ in how they send an accented letter.
    return unicodedata.normalize("NFC", password)


def _short_of_memory() -> UnavailableError:
    return UnavailableError(
        "The password could not be checked now.",
        hint="The machine is short of memory. Try again in a moment.",
    )

"""Speech by espeak-ng: each text as samples without the silence around it, so that its length is its time."""

import subprocess
import wave
from array import array
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

RATE = 22050  # samples a second, as espeak-ng gives them
# What espeak-ng counts; with the pauses that a conversation has, about 160 are heard.
WORDS_PER_MINUTE = 155
# Samples quieter than this at either end are silence; 20 ms of it stay, so that no consonant is cut.
QUIET = 80
MARGIN = RATE // 50


@dataclass(frozen=True)
class Voice:
    """One of espeak-ng's voices, its pitch (0–99) and its loudness (0–200), which makes voices even."""

    name: str
    pitch: int
    loudness: int


VOICES = {"Host": Voice("en-us+f3", 52, 95), "Speaker": Voice("en-gb-x-rp", 42, 100)}


def speak(text: str, voice: Voice) -> "array[int]":
    """Speak a text and give its samples (16 bits, one channel), without silence before and after."""
    with TemporaryDirectory() as folder:
        recording = Path(folder) / "speech.wav"
        command = ["espeak-ng", "-v", voice.name, "-s", str(WORDS_PER_MINUTE), "-p", str(voice.pitch)]
        command += ["-a", str(voice.loudness), "-w", str(recording), "--stdin"]
        subprocess.run(command, input=text, text=True, encoding="utf-8", check=True)
        with wave.open(str(recording)) as opened:
            assert opened.getframerate() == RATE
            samples = array("h", opened.readframes(opened.getnframes()))
    loud = [at for at, sample in enumerate(samples) if abs(sample) > QUIET]
    return samples[max(loud[0] - MARGIN, 0) : loud[-1] + MARGIN]


def silence(seconds: float) -> "array[int]":
    """Give that much silence."""
    return array("h", bytes(2 * round(seconds * RATE)))

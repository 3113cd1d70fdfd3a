"""What README.md and the guides say of minutes and memory: filled in from what was measured.

`python -m spoken_digits.guide` fills them in anew. In the text, each figure stands behind a comment
that names it and before an empty one, `<!-- minutes 01 -->2<!-- -->`: nobody sees the comments.
"""

import re

import pandas as pd

from .costs import TOGETHER, expected_seconds, load_costs, load_sections
from .pages import NOTEBOOKS

NAMES = ["TEACHING.md", "docs/hub.md", "docs/troubleshooting.md", "README.md"]
GUIDES = [NOTEBOOKS.parent / name for name in NAMES]
FIGURE = re.compile(r"(<!-- (\w+)(?: (\d\d))?(?: ([^>]+?))? -->).*?(<!-- -->)")
SPEED = 900  # clips a second, as costs.speed() counts them: all times are those of one machine


def filled_in(text, costs, sections, together):
    """The text with each figure as measured.

    From `costs`, as load_measured() gives it, are `minutes 04`, `measured 04` (its seconds as they
    were), `gigabytes 01 + 04` (of both together) and `speed min`. From `sections` are `seconds 04
    One heading + Another`, what the cells of both take, and `ready 04 Another`, how long after
    *Run All* these are done. `together 01 kernels` is from load_together(). Raises KeyError for a
    kind, a notebook or a section that is not there.
    """
    kinds = {
        "minutes": lambda number, _: minutes(costs.loc[number, "seconds"]),
        "measured": lambda number, _: f"{costs.loc[number, 'measured']}",
        "gigabytes": lambda number, more: gigabytes(
            costs.loc[[number, *re.findall(r"\d\d", more or "")], "megabytes"].sum()
        ),
        "speed": lambda _, which: f"{costs['speed'].agg(which)}",
        "seconds": lambda number, headings: whole_seconds(taken(sections[number], headings)),
        "ready": lambda number, heading: whole_seconds(until_ready(sections[number], heading)),
        "together": lambda number, column: together_text(together.loc[number], column),
    }

    def figure(found):
        begin, kind, number, rest, end = found.groups()
        return f"{begin}{kinds[kind](number, rest)}{end}"

    return FIGURE.sub(figure, text)


def taken(times, headings):
    """The seconds of some sections together. `times`: a Series by heading, in their order."""
    return times[headings.split(" + ")].sum()


def until_ready(times, heading):
    """The seconds from the top of a notebook until the cells of a section are done."""
    return times.cumsum()[heading]


def load_measured():
    """What filled_in() takes beside the text. The seconds are brought to SPEED, but `measured`."""
    costs, sections = load_costs(), load_sections()
    at_speed = costs.assign(seconds=expected_seconds(costs, SPEED), measured=costs["seconds"])
    return at_speed, sections.mul(costs["speed"] / SPEED, level="notebook"), load_together()


def load_together():
    """What several kernels at once took, a DataFrame: a row a notebook, by its number."""
    return pd.read_csv(TOGETHER, dtype={"notebook": str}).set_index("notebook")


def together_text(row, column):
    return gigabytes(row[column]) if column == "megabytes_each" else f"{row[column]}"


def gigabytes(megabytes):
    return f"{megabytes / 1000:.1f}"


def minutes(seconds):
    """Minutes, to a half."""
    halves = max(1, round(seconds / 30))
    return f"{halves / 2:g}"


def whole_seconds(seconds):
    return f"{seconds:.0f}" if seconds >= 1 else "under 1"


def main():
    measured = load_measured()
    for path in GUIDES:
        text = path.read_text(encoding="utf-8")
        path.write_text(filled_in(text, *measured), encoding="utf-8")


if __name__ == "__main__":
    main()
